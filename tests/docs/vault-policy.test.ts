import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createTempDirectory,
  startVault,
  tryProgram,
  type VaultCapability,
  type VaultKeyType,
  type VaultRule,
  type VaultServer,
} from '@tessera/testkit';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type OneProcess, startOneProcess } from '../support/one-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'packages/cli/src/main.ts');
const CLIENT = { id: 'machine', secret: 'secret-of-a-machine-with-high-entropy-0123456789' };
const PASSPHRASE = 'correct horse battery staple';

const stack = new AsyncDisposableStack();
let vault: VaultServer;
let config: Readonly<Record<string, unknown>>;
let folder: string;
let system: OneProcess;

beforeAll(async () => {
  const guide = await readFile(join(ROOT, 'docs/guides/keys.md'), 'utf8');
  const keyGuide = await readFile(join(ROOT, 'docs/guides/key-encryption.md'), 'utf8');
  vault = stack.use(await startVault());
  for (const page of [guide, keyGuide]) await makeKeys(page);
  const rules = [...rulesOf(guide), ...rulesOf(keyGuide)];
  const directory = await createTempDirectory('vault-policy');
  stack.defer(() => directory.remove());
  folder = directory.path;
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, vault.createToken({ rules }));
  const place = { addr: vault.addr, tokenFile };
  const { signer } = blockWith(guide, 'keyNames') as { signer: { config: Record<string, unknown> } };
  const { caFile: _, ...signerConfig } = signer.config;
  const { keyEncryption } = blockWith(keyGuide, 'vault:') as { keyEncryption: { vault: Record<string, unknown> } };
  config = {
    signer: { type: 'vault', config: { ...signerConfig, ...place } },
    keyEncryption: { vault: { ...keyEncryption.vault, ...place } },
    logger: { level: 'warn' },
    enablePasswordDB: true,
    oauth2: { grantTypes: ['authorization_code', 'client_credentials'] },
    staticClients: [{ ...CLIENT, name: 'Machine', grantTypes: ['client_credentials'] }],
  };
  system = await startOneProcess({ config });
  stack.defer(() => system.close());
});
afterAll(() => stack.disposeAsync());

/** Makes the Transit keys that a page makes by its commands. */
async function makeKeys(page: string): Promise<void> {
  const made = [...page.matchAll(/^ {4}vault write -f transit\/keys\/([\w-]+)\s+type=([\w-]+)$/gm)];
  expect(made.length).toBeGreaterThan(0);
  for (const [, name = '', type = ''] of made) await vault.createKey(name, type as VaultKeyType);
}

/** The rules of the policies of a page. */
function rulesOf(page: string): readonly VaultRule[] {
  const blocks = [...page.matchAll(/^```hcl\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text).join('');
  const rules = [...blocks.matchAll(/^path "([^"]+)"\s*\{ capabilities = \["(\w+)"\] \}/gm)];
  expect(rules.length).toBe(blocks.split('\n').filter((line) => line.startsWith('path ')).length);
  return rules.map(([, path = '', capability]) => ({ path, capabilities: [capability as VaultCapability] }));
}

/** The first configuration of a page in which some text stands. */
function blockWith(page: string, text: string): unknown {
  const blocks = [...page.matchAll(/^```yaml config\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return parse(blocks.find((block) => block.includes(text)) ?? '');
}

async function tessera(args: readonly string[], file = system.configFile) {
  const [command = '', action = '', ...rest] = args;
  const all = ['--conditions=source', MAIN, command, action, '--config', file, ...rest].filter((word) => word !== '');
  return tryProgram({ command: process.execPath, args: all });
}

async function signedKid(): Promise<string | undefined> {
  const answer = await fetch(`${system.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await answer.json()) as { readonly access_token: string };
  const { protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(`${system.issuer}/keys`)));
  return protectedHeader.kid;
}

test('With the policies that the guides give everything is signed in Vault, and keys are listed and rotated', async () => {
  const before = await signedKid();
  const listed = await tessera(['keys', 'list']);
  expect([listed.code, listed.stderr]).toEqual([0, '']);
  expect(listed.stdout).toMatch(new RegExp(`${before} +RS256 +active .* vault `));
  expect(listed.stdout).toMatch(/ ES256 +active .* vault /);
  expect(listed.stdout).toMatch(/\n {2}signing +\d+ +[0-9a-f]+ +current\n/);

  const rotated = await tessera(['keys', 'rotate', '--now', '--yes']);
  expect([rotated.code, rotated.stderr]).toEqual([0, '']);
  await expect.poll(signedKid, { timeout: 40_000, interval: 500 }).not.toBe(before);
  expect(vault.key('tessera-rs256').latestVersion).toBe(2);
});

test('An export with a key that Vault wraps goes into a store that has that Vault, and into no other', async () => {
  const [file, passphrase] = [join(folder, 'backup'), join(folder, 'passphrase')];
  await writeFile(passphrase, `${PASSPHRASE}\n`);
  const exported = await tessera(['export', '', '--output', file, '--passphrase-file', passphrase]);
  expect([exported.code, exported.stderr]).toEqual([0, '']);
  const importInto = async (name: string, changes: Readonly<Record<string, unknown>>) => {
    const target = join(folder, `${name}.yaml`);
    const storage = { type: 'sqlite3', config: { file: join(folder, `${name}.db`) } };
    const common = { issuer: system.issuer, web: { http: '127.0.0.1:1' }, storage };
    await writeFile(target, stringify({ ...config, ...common, ...changes }));
    return tessera(['import', '', '--input', file, '--passphrase-file', passphrase], target);
  };
  expect(await importInto('same', {})).toMatchObject({ code: 0, stderr: '' });
  const other = { keyEncryption: { value: Buffer.alloc(32, 1).toString('base64') } };
  const refused = await importInto('other', other);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('another key-encryption key')]);

  await using elsewhere = await startVault();
  await elsewhere.createKey('tessera-key-encryption', 'aes256-gcm96');
  const place = { addr: elsewhere.addr, token: elsewhere.rootToken, keyName: 'tessera-key-encryption' };
  const misled = await importInto('elsewhere', { keyEncryption: { vault: place } });
  expect(misled.code).toBe(2);
  expect(misled.stdout).toBe('');
});
