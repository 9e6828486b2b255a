// Runs a verb of package.json with the Node that the project pins, whatever Node started it (20 or later), after
// installing the dependencies where that is needed. Plain JavaScript without dependencies.
//
//   node scripts/run.mjs start [--config FILE] [--no-app]     the issuer and the example application in one process
//   node scripts/run.mjs start:services [--replicas token=3]  the same as separate services
//   node scripts/run.mjs dev | check | test | test:long | generate | build | bench NAME | histories | simulate:rotation | tessera COMMAND

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from './test-runs.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
const stampFile = join(modules, '.tessera-install');
/** Aborted by a signal to this process: what runs is told to end, and nothing more begins. */
const ending = new AbortController();

/** @type {Readonly<Record<string, (args: readonly string[]) => Promise<number>>>} */
const verbs = {
  start: (args) => runNode(['packages/cli/src/start.ts', ...args]),
  'start:services': (args) => runNode(['packages/cli/src/start-services.ts', ...args]),
  dev: (args) => runNode(['--watch', '--watch-preserve-output', 'packages/cli/src/start.ts', ...args]),
  tessera: (args) => runNode(['packages/cli/src/main.ts', ...args]),
  bench: (args) => runNode(['load-tests/src/main.ts', ...args]),
  'simulate:rotation': (args) => runNode(['services/keys/src/testing/simulation/main.ts', ...args]),
  histories: (args) => runNode(['tests/linearizability/main.ts', ...args]),
  build: (args) => run('turbo', ['run', 'build', ...args]),
  // The values' table stands in a page of the chart that is not generated otherwise; a test compares it.
  generate: () => inOrder([() => generate(root), () => runNode(['tests/manifests/helm-values-table.ts'])]),
  check,
  test: (args) => test(args),
  'test:long': (args) => test(args, { isLong: true }),
};

async function main() {
  const [verb = '', ...args] = process.argv.slice(2);
  if (!Object.hasOwn(verbs, verb)) {
    console.error(`Usage: node scripts/run.mjs ${Object.keys(verbs).join(' | ')}`);
    return 2;
  }
  const installed = await installIfNeeded();
  return installed === 0 ? verbs[verb](args) : installed;
}

/**
 * Installs what package-lock.json says, unless that was done before. npm ci refuses a lock file that does not name the
 * optional packages of every platform, which happens where a registry has not all of them; npm install then does the
 * same without that check, and leaves the lock file alone.
 */
async function installIfNeeded() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const isInstalled =
    existsSync(join(bin, 'node')) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock;
  if (isInstalled) return 0;
  const isAccepted = (await quietly('npm', ['ci', '--dry-run', '--ignore-scripts'])) === 0;
  // Warnings about engines are about the Node that installs, not about the one that will run.
  const command = isAccepted ? ['ci'] : ['install', '--no-save'];
  console.error(`Installing the dependencies (npm ${command.join(' ')}), once after each change of package-lock.json.`);
  const code = await run('npm', [...command, '--loglevel=error']);
  if (code === 0) writeFileSync(stampFile, lock);
  else console.error('The dependencies could not be installed; see above.');
  return code;
}

/** What every program is started with: the pinned Node first on PATH, compiled code kept between runs. */
function environment() {
  return {
    ...process.env,
    PATH: [bin, process.env.PATH ?? ''].join(delimiter),
    NODE_COMPILE_CACHE: join(modules, '.cache', 'tessera'),
    TURBO_TELEMETRY_DISABLED: '1',
    // Signals reach the programs from the keyboard and through this process; together they count as one.
    TESSERA_SIGNALS_RELAYED: '1',
  };
}

/**
 * @param {readonly string[]} args
 * @param {{output?: string}} [options]
 */
function runNode(args, options) {
  return run(join(bin, 'node'), ['--conditions=source', ...args], options);
}

/**
 * Runs a program to its end with this process's terminal, and resolves with its exit code. Signals are passed on.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{output?: string, isAside?: boolean}} [options] `output`: a file that gets the standard output. `isAside`: it runs
 *   beside another, and what it prints comes in one piece when it has ended
 * @returns {Promise<number>}
 */
function run(command, args, { output, isAside = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: environment(),
      stdio: [
        isAside ? 'ignore' : 'inherit',
        isAside || output !== undefined ? 'pipe' : 'inherit',
        isAside ? 'pipe' : 'inherit',
      ],
    });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
    const passOn = (signal) => {
      ending.abort();
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    const watch = whenOrphaned(() => passOn('SIGTERM'));
    const end = (code) => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, passOn);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`${command} cannot be started: ${error.message}`);
      end(1);
    });
    child.once('close', (code, signal) => {
      if (isAside) process.stdout.write(Buffer.concat(chunks));
      if (output !== undefined && code === 0) writeFileSync(output, Buffer.concat(chunks));
      end(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/**
 * Calls back when npm, or the shell it runs a script in, is gone: a signal to npm may end that shell alone. Started by
 * hand, this process outlives whoever started it.
 *
 * @param {() => void} callback
 */
function whenOrphaned(callback) {
  const { npm_lifecycle_event: npmScript } = process.env;
  if (npmScript === undefined) return undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    callback();
  }, 250);
  watch.unref();
  return watch;
}

/**
 * Writes everything that is made from something else below `folder`: the code of the contracts, their descriptors, the
 * gateway's configuration, the references of the configuration and of the events.
 *
 * @param {string} folder
 */
async function generate(folder) {
  const gateway = join(folder, 'deploy', 'gateway');
  const reference = join(folder, 'docs', 'reference');
  for (const path of [gateway, reference]) mkdirSync(path, { recursive: true });
  return inOrder([
    () => run('buf', ['generate', '--output', folder]),
    () => run('buf', ['build', '--output', join(folder, 'proto', 'gen', 'descriptors.binpb')]),
    () => runNode(['deploy/gateway/generate.ts', gateway]),
    () => runNode(['packages/cli/src/main.ts', 'config-reference'], { output: join(reference, 'configuration.md') }),
    () => runNode(['packages/cli/src/main.ts', 'event-reference'], { output: join(reference, 'events.md') }),
  ]);
}

/** @param {readonly (() => Promise<number>)[]} steps */
async function inOrder(steps) {
  for (const step of steps) {
    const code = await step();
    if (code !== 0) return code;
  }
  return 0;
}

/** Everything that can be judged without running the product. All of it runs, also when something fails. */
async function check() {
  /** @type {readonly (readonly [name: string, work: () => Promise<number | string>])[]} */
  const steps = [
    ['format and style (biome)', () => run('biome', ['check', '.'])],
    ['mistakes (oxlint)', () => run('oxlint', ['--type-aware'])],
    ['types (tsc)', () => run('tsc', ['-p', 'tsconfig.json'])],
    ['unused code (knip)', () => run('knip', [])],
    ['boundaries (turbo)', () => run('turbo', ['boundaries'])],
    ['contracts (buf lint)', () => run('buf', ['lint'])],
    ['compatibility (buf breaking)', checkBreaking],
    ['generated files', checkGenerated],
  ];
  const results = [];
  for (const [name, work] of steps) {
    const startedMs = performance.now();
    console.log(`\n── ${name}`);
    const outcome = await work();
    results.push({ name, outcome, seconds: ((performance.now() - startedMs) / 1000).toFixed(1) });
  }
  console.log('\n── summary');
  for (const { name, outcome, seconds } of results) {
    const word = typeof outcome === 'string' ? `skipped: ${outcome}` : outcome === 0 ? 'ok' : 'FAILED';
    console.log(`${name.padEnd(32)}${seconds.padStart(6)} s  ${word}`);
  }
  return results.some(({ outcome }) => typeof outcome === 'number' && outcome !== 0) ? 1 : 0;
}

/** The contracts against those of the last release, so that its processes and these understand one another. */
async function checkBreaking() {
  const { commit } = JSON.parse(readFileSync(join(root, '.release.json'), 'utf8'));
  const isHere = (await quietly('git', ['cat-file', '-e', `${commit}^{commit}`])) === 0;
  if (!isHere) {
    const reason = 'this clone has not the commit of the last release';
    console.log(`skipped: ${reason}`);
    return reason;
  }
  return run('buf', ['breaking', '--against', `.git#commit=${commit}`]);
}

/** Generates everything anew beside the working tree and compares. */
async function checkGenerated() {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-generated-'));
  try {
    const code = await generate(folder);
    if (code !== 0) return code;
    const stale = [...changedFiles(folder, 'proto/gen', true), ...changedFiles(folder, '', false)];
    for (const file of new Set(stale)) console.log(`${file} is not what npm run generate makes`);
    return stale.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Files below `path` that differ between the working tree and `folder`; with `isWhole` also those the tree has too many.
 *
 * @param {string} folder
 * @param {string} path
 * @param {boolean} isWhole
 */
function changedFiles(folder, path, isWhole) {
  const made = filesBelow(join(folder, path)).map((file) => relative(folder, file));
  const changed = made.filter((file) => !sameContent(join(folder, file), join(root, file)));
  if (!isWhole) return changed;
  const present = filesBelow(join(root, path)).map((file) => relative(root, file));
  return [...changed, ...present.filter((file) => !made.includes(file))];
}

/** @param {string} folder */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/**
 * @param {string} left
 * @param {string} right
 */
function sameContent(left, right) {
  return existsSync(right) && readFileSync(left).equals(readFileSync(right));
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function quietly(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: environment(), stdio: 'ignore' });
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/**
 * All tests, or those that the arguments choose. The last line tells how many passed and failed.
 *
 * @param {readonly string[]} args
 * @param {{isLong?: boolean}} [options] `isLong`: with the rehearsals, which run the images and the manifests, as root
 */
async function test(args, { isLong = false } = {}) {
  const prepared = await runNode(['scripts/system-packages.mjs', ...(isLong ? ['--rehearsals'] : [])]);
  if (prepared !== 0) {
    console.log('0 passed, 1 failed');
    return prepared;
  }
  return runTests({ root, run, args, isLong, ending: ending.signal });
}

process.exitCode = await main();
