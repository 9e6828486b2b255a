import { loadConfigFile, type TesseraConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { freePort, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../command-line/run-command.ts';
import { allTargets } from '../../compose/targets.ts';
import { type RunningTessera, startTessera } from '../../process/start-tessera.ts';
import { type ConfigFolder, writeConfig } from '../../testing/config-folder.ts';
import { createFakeTerminal } from '../../testing/fake-terminal.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const NEXT_KEY = Buffer.alloc(32, 8).toString('base64');

interface Listing {
  readonly keys: readonly { readonly kid: string; readonly stage: string }[];
  readonly secrets: readonly { readonly version: number; readonly stage: string }[];
  readonly keyEncryption: { readonly documents: readonly { readonly state: string }[] };
}

let base: ConfigFolder;
let folder: ConfigFolder;
let issuer: string;
let running: RunningTessera;

async function configure(keyEncryption: unknown): Promise<ConfigFolder> {
  return writeConfig({
    issuer,
    web: { http: new URL(issuer).host },
    storage: { type: 'sqlite3', config: { file: `${base.path}/tessera.db` } },
    // So short that storage is looked at every few seconds, and so long that nothing is due by itself meanwhile.
    signer: { type: 'local', config: { algorithm: 'ES256', keysRotationPeriod: '60s' } },
    keyEncryption,
  });
}

function configOf({ file }: ConfigFolder): TesseraConfig {
  const result = loadConfigFile(file, {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

beforeAll(async () => {
  base = await writeConfig();
  issuer = `http://127.0.0.1:${await freePort()}/dex`;
  folder = await configure({ value: KEY, alsoOpens: [{ value: NEXT_KEY }] });
  const config = configOf(folder);
  running = await startTessera({ config, fileName: folder.file, targets: allTargets, logger: silentLogger });
  await running.ready;
});

afterAll(async () => {
  await running.close(0);
  await folder[Symbol.asyncDispose]();
  await base[Symbol.asyncDispose]();
});

async function run(args: readonly string[], file = folder.file) {
  const terminal = createFakeTerminal();
  const [name = '', ...rest] = args;
  const code = await runCommand(['keys', name, '--config', file, ...rest], terminal);
  return { code, out: terminal.stdout, err: terminal.stderr };
}

async function listing(): Promise<Listing> {
  return JSON.parse((await run(['list', '--json'])).out) as Listing;
}

async function publishedKids(): Promise<readonly string[]> {
  const { keys } = (await (await fetch(`${issuer}/keys`)).json()) as { readonly keys: readonly { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

test('A key that is revoked beside a running issuer leaves its key set, and another signs', async () => {
  const [first = ''] = await publishedKids();
  expect((await listing()).keys).toMatchObject([{ kid: first, stage: 'active' }]);

  const refused = await run(['rotate', '--revoke', first]);
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('there is nobody to ask')]);
  expect(refused.out).toMatch(/This breaks:\n {2}- /);
  expect(await publishedKids()).toEqual([first]);

  expect(await run(['rotate', '--revoke', first, '--yes'])).toMatchObject({ code: 0, err: '' });
  const kids = await waitFor(async () => ((await publishedKids()).includes(first) ? undefined : publishedKids()), {
    what: 'the issuer to notice',
  });
  const { keys } = await listing();
  expect(kids).toEqual([keys.find(({ stage }) => stage === 'active')?.kid]);

  const again = await run(['revoke', '--kid', first]);
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('keys.no_such_key')]);
});

test('A planned rotation asks nobody, and its key is published before it signs', async () => {
  const before = await publishedKids();
  const rotated = await run(['rotate']);
  expect(rotated).toMatchObject({ code: 0, err: '', out: expect.stringContaining('This breaks nothing') });
  expect(rotated.out).not.toContain('could be made');
  const kids = await waitFor(
    async () => ((await publishedKids()).length > before.length ? publishedKids() : undefined),
    {
      what: 'the issuer to notice',
    },
  );
  const { keys } = await listing();
  expect(keys.map(({ kid }) => kid).toSorted()).toEqual(kids.toSorted());
  expect(keys.find(({ kid }) => !before.includes(kid))?.stage).toBe('pre-published');
});

test('Secrets are changed and told', async () => {
  expect((await run(['rotate', '--secrets', '--yes'])).code).toBe(0);
  expect((await listing()).secrets.map(({ version }) => version)).toEqual([1, 2]);
  expect((await run(['list'])).out).toMatch(/VERSION +STAGE[\s\S]*\n {2}2 /);
});

test('Everything is sealed anew under another key-encryption key, and the issuer that has both goes on', async () => {
  await using next = await configure({ value: NEXT_KEY, alsoOpens: [{ value: KEY }] });
  const active = (await listing()).keys.find(({ stage }) => stage === 'active')?.kid ?? '';
  const trial = await run(['rewrap', '--dry-run'], next.file);
  expect([trial.code, trial.err]).toEqual([0, '']);
  expect(trial.out).toMatch(/This would seal anew: .*signing.*\. Nothing was changed/);
  const done = await run(['rewrap'], next.file);
  expect([done.code, done.err]).toEqual([0, '']);
  expect(done.out).toMatch(/Sealed anew: .*signing/);

  // Written after that by one who has the other key first, and taken over by the issuer.
  expect((await run(['revoke', '--kid', active, '--yes'], next.file)).code).toBe(0);
  await waitFor(async () => !(await publishedKids()).includes(active), { what: 'the issuer to notice' });
  expect((await listing()).keyEncryption.documents.map(({ state }) => state)).not.toContain('unopened');
});

test('A key-encryption key that opens nothing is told, and changes nothing', async () => {
  await using other = await configure({ value: Buffer.alloc(32, 9).toString('base64') });
  const refused = await run(['rotate', '--yes'], other.file);
  expect([refused.code, refused.out, refused.err]).toEqual([
    2,
    '',
    expect.stringContaining('keys.wrong_key_encryption_key'),
  ]);
  const listed = await run(['list'], other.file);
  expect([listed.code, listed.err]).toEqual([2, expect.stringContaining('keys.wrong_key_encryption_key')]);
  expect(listed.out).toContain('unopened');
  const rewrapped = await run(['rewrap'], other.file);
  expect([rewrapped.code, rewrapped.err]).toEqual([
    2,
    expect.stringMatching(/^Nothing was changed: .*cannot be opened/),
  ]);
  expect(rewrapped.out).toContain('unopened');
});
