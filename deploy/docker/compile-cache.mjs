// Makes Node compile what the program in an image consists of: see compile.mjs, which runs this inside the image.
//
// It runs the whole product once, has it answer what it answers most, and loads all other files of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// There is neither /proc nor /dev: Node does not know its own path, and `ignore` would need /dev/null.
const NODE = '/usr/local/bin/node';
const PROGRAM = '/opt/tessera/lib/tessera';
const ORIGIN = 'http://127.0.0.1:5556';
const CONFIGURATION = {
  issuer: `${ORIGIN}/dex`,
  storage: { type: 'memory' },
  web: { http: '127.0.0.1:5556' },
  enablePasswordDB: true,
  staticClients: [{ id: 'warm', name: 'Warm', public: true, redirectURIs: ['http://127.0.0.1/'] }],
};
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const PATHS = [
  '/dex/.well-known/openid-configuration',
  '/dex/keys',
  `/dex/auth?client_id=warm&redirect_uri=http://127.0.0.1/&response_type=code&scope=openid&code_challenge=${CHALLENGE}&code_challenge_method=S256`,
];
const WAIT_MS = 20;
const TRIES = 3000;

/** Starts what other files only name, which is not for a program that does nothing else. */
const STARTED = ['main.js', 'worker.js', 'signing-thread.js', 'module-process.js'];

async function answerOnce() {
  const file = join(mkdtempSync(join(tmpdir(), 'warm-')), 'config.yaml');
  writeFileSync(file, JSON.stringify(CONFIGURATION));
  const args = [join(PROGRAM, 'main.js'), 'serve', '--config', file, '--telemetry-addr', '127.0.0.1:5558'];
  const product = spawn(NODE, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = once(product, 'exit');
  try {
    await answers('http://127.0.0.1:5558/healthz');
    for (const path of PATHS) await (await fetch(`${ORIGIN}${path}`)).text();
  } finally {
    product.kill('SIGTERM');
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`the product ended with code ${code}`);
}

/** @param {string} url */
async function answers(url) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await delay(WAIT_MS);
  }
  throw new Error(`${url} does not answer`);
}

await answerOnce();
for (const name of globSync('*.js', { cwd: PROGRAM })) {
  if (!STARTED.includes(name)) await import(join(PROGRAM, name));
}
