import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '@tessera/clock';
import { openDurableStore } from '@tessera/storage';
import { silentLogger } from '@tessera/telemetry';
import { freePort } from '@tessera/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../command-line/run-command.ts';
import type { EndSignal } from '../command-line/terminal.ts';
import { type ConfigFolder, writeConfig } from '../testing/config-folder.ts';
import { createFakeTerminal, type FakeTerminal, type FakeTerminalOptions } from '../testing/fake-terminal.ts';
import { samplePortableGrant, sampleStoredRecord } from '../testing/portable-samples.ts';

const PASSPHRASE = 'correct horse battery staple';
const KEY = Buffer.alloc(32, 7).toString('base64');

let source: ConfigFolder;
let target: ConfigFolder;
let file: string;

async function databaseConfig(changes: Readonly<Record<string, unknown>> = {}): Promise<ConfigFolder> {
  const folder = await writeConfig();
  const storage = { type: 'sqlite3', config: { file: join(folder.path, 'tessera.db') } };
  await using written = await writeConfig({ storage, keyEncryption: { value: KEY }, ...changes });
  await writeFile(folder.file, await readFile(written.file));
  return folder;
}

async function run(args: readonly string[], options: FakeTerminalOptions = { secrets: [PASSPHRASE] }) {
  const terminal: FakeTerminal = createFakeTerminal(options);
  const code = await runCommand(args, terminal);
  // How often progress is told depends on how busy the machine is.
  const err = terminal.stderr.replaceAll(/^(?:Exported|Read) so far: .*\n/gm, '');
  return { code, terminal, out: terminal.stdout, err };
}

function openStore(folder: ConfigFolder) {
  const storage = { type: 'sqlite3', file: join(folder.path, 'tessera.db') } as const;
  return openDurableStore(storage, { clock: systemClock, logger: silentLogger, hasOutbox: true });
}

const exported = (...more: string[]) => run(['export', '--config', source.file, '--output', file, ...more]);
const imported = (...more: string[]) => run(['import', '--config', target.file, '--input', file, ...more]);

/** One sentence with what is meant, and the exit code. */
function expectRefusal({ code, err, out }: Awaited<ReturnType<typeof run>>, sentence: RegExp, expectedCode = 2): void {
  expect([code, err.trim().split('\n').length, out], err).toEqual([expectedCode, 1, '']);
  expect(err).toMatch(sentence);
}

beforeEach(async () => {
  [source, target] = [await databaseConfig(), await databaseConfig()];
  file = join(source.path, 'backup.tessera');
  const store = await openStore(source);
  await store.importGrants([samplePortableGrant(), samplePortableGrant()]);
  await store.importRecords('client', [sampleStoredRecord()]);
  await store.close();
});

afterEach(async () => {
  await source[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

describe('export and import', () => {
  test('a store goes into a file that only its owner may read, and out of it into another one', async () => {
    const { code, out, err } = await exported();
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Exported from sqlite3 to .*backup\.tessera:\n {2}clients +1\n {2}grants +2\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(source.path)).filter((name) => name.includes('partial'))).toEqual([]);

    const trial = await imported('--dry-run');
    expect([trial.code, trial.err]).toEqual([0, '']);
    expect(trial.out).toMatch(/nothing was written:[\s\S]*clients +1 +0\n {2}grants +2 +0/);
    expect(await readdir(target.path)).not.toContain('tessera.db');

    expect((await imported()).out).toMatch(/a backup of a store in use[\s\S]*grants +2 +0/);
    expect((await imported()).out).toMatch(/clients +0 +1\n {2}grants +0 +2/);
    expect((await imported('--dry-run')).out).toMatch(/clients +0 +1\n {2}grants +0 +2/);
  }, 30_000);

  test('standard output and standard input carry the same file, and what is said goes elsewhere', async () => {
    const secretFile = join(source.path, 'passphrase');
    await writeFile(secretFile, `${PASSPHRASE}\n`);
    const piped = await run(['export', '--config', source.file, '--output', '-', '--passphrase-file', secretFile], {});
    expect([piped.code, piped.out]).toEqual([0, '']);
    expect(piped.err).toMatch(/to standard output:\n {2}clients +1/);
    const from = ['import', '--config', target.file, '--input', '-'];
    const taken = await run([...from, '--passphrase-file', secretFile], { input: piped.terminal.outputBytes });
    expect([taken.code, taken.err]).toEqual([0, '']);
    expect(taken.out).toMatch(/grants +2 +0/);
    expectRefusal(await run(from), /--passphrase-file: standard input is the export/);
  }, 30_000);

  test('a retired store refuses changes until it is reinstated', async () => {
    const { code, out } = await exported('--retire');
    expect(code).toBe(0);
    expect(out).toContain('refuses changes from now on');
    const into = ['import', '--config', source.file, '--input', file];
    expectRefusal(await run(into), /refuses changes \(storage\.retired\)/);
    expect((await imported()).out).toMatch(/which refused changes from then on[\s\S]*grants +2 +0/);
    expect(await run(['reinstate', '--config', source.file])).toMatchObject({
      code: 0,
      out: 'The sqlite3 storage takes changes again.\n',
    });
    expect((await run(into)).out).toMatch(/grants +0 +2/);
  }, 30_000);

  test('a file that is there is not overwritten, and a passphrase that is none makes no file', async () => {
    const to = ['export', '--config', source.file, '--output', file];
    expectRefusal(await run(to, { secrets: [''] }), /passphrase is empty/);
    expectRefusal(await run(to, { secrets: ['short'] }), /needs 12 characters/);
    expectRefusal(await run(to, { secrets: [PASSPHRASE, 'mistyped'], isInteractive: true }), /two passphrases differ/);
    expectRefusal(await exported('--passphrase-file', '/nonexistent/p'), /\/nonexistent\/p does not exist/);
    await writeFile(file, 'something dear');
    expectRefusal(await exported('--retire'), /is there already and is not overwritten/);
    expect(await readFile(file, 'utf8')).toBe('something dear');
    expectRefusal(await run(['export', '--config', source.file]), /--output FILE/);
  }, 30_000);

  test('a folder that is not there, or may not be written to, is named and nothing is retired', async () => {
    const nowhere = join(source.path, 'nowhere', 'x');
    expectRefusal(await run(['export', '--config', source.file, '--output', nowhere]), /its folder does not exist/, 1);
    const retiring = ['export', '--config', source.file, '--output', nowhere, '--retire'];
    expectRefusal(await run(retiring), /may refuse changes already/, 1);
    const store = await openStore(source);
    expect(await store.importGrants([samplePortableGrant()])).toBe(1);
    await store.close();
  }, 30_000);

  test('a wrong passphrase, a changed, a cut and a foreign file are refused in one sentence', async () => {
    await exported();
    const from = ['import', '--config', target.file, '--input', file];
    expectRefusal(await run(from, { secrets: ['another passphrase'] }), /the passphrase is another one/);
    const whole = await readFile(file);
    const changed = Buffer.from(whole);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const [bytes, sentence] of [
      [changed, /does not open/],
      [whole.subarray(0, -1), /not whole/],
      [whole.subarray(0, 30), /damaged/],
      [Buffer.from('PK'), /no export of Tessera/],
      [Buffer.concat([whole, Buffer.of(0)]), /behind its end/],
    ] as const) {
      await writeFile(file, bytes);
      expectRefusal(await imported('--dry-run'), sentence);
    }
    expectRefusal(await run(['import', '--config', target.file, '--input', source.path]), /is a folder/);
    expectRefusal(await run(['import', '--config', target.file, '--input', '/nonexistent/x']), /does not exist/);
  }, 30_000);

  test('another key-encryption key is refused before the passphrase is asked for', async () => {
    await exported();
    await using other = await databaseConfig({ keyEncryption: { value: Buffer.alloc(32, 8).toString('base64') } });
    await using none = await databaseConfig({ keyEncryption: undefined });
    const into = (folder: ConfigFolder) => run(['import', '--config', folder.file, '--input', file], {});
    expectRefusal(await into(other), /another key-encryption key/);
    expectRefusal(
      await into(none),
      /tessera\.db\.key does not exist\. It has to be the key-encryption key of the source/,
    );
    expect(await readdir(none.path)).toEqual(['config.yaml']);
  }, 30_000);

  test('memory storage can be neither, and a store that holds nothing cannot be exported', async () => {
    await using memory = await writeConfig();
    for (const args of [['export', '--output', file], ['import', '--input', file], ['reinstate']]) {
      expectRefusal(await run([...args, '--config', memory.file]), /storage\.type is memory/);
    }
    expectRefusal(await run(['export', '--config', target.file, '--output', file]), /holds nothing of Tessera/);
    expect(await readdir(target.path)).toEqual(['config.yaml']);
  }, 30_000);

  test('a disk that cannot be written to leaves no part of a file', async () => {
    await chmod(source.path, 0o500);
    const blocked = process.getuid?.() === 0 ? undefined : await exported();
    await chmod(source.path, 0o700);
    if (blocked !== undefined) expectRefusal(blocked, /permission denied/, 1);
    const interrupted = createFakeTerminal({ secrets: [PASSPHRASE] });
    const onSignal = interrupted.onSignal.bind(interrupted);
    Object.assign(interrupted, {
      onSignal(listener: (signal: EndSignal) => void) {
        const stop = onSignal(listener);
        listener('SIGINT');
        return stop;
      },
    });
    expect(await runCommand(['export', '--config', source.file, '--output', file], interrupted)).toBe(130);
    expect(interrupted.stderr).toMatch(/^(?:Exported so far: nothing yet\n)*Stopped as asked to\.\n$/);
    expect((await readdir(source.path)).filter((name) => name.startsWith('backup'))).toEqual([]);
  }, 30_000);
});

describe('migrate', () => {
  test('says which steps it applied, then that nothing is to do; --check changes nothing', async () => {
    const check = ['migrate', '--config', target.file, '--check'];
    expectRefusal(await run(check), /The schema of the sqlite3 storage lacks migration 1 \(initial\)/, 1);
    expect(await readdir(target.path)).toEqual(['config.yaml']);
    const migrate = ['migrate', '--config', target.file];
    expect(await run(migrate)).toMatchObject({
      code: 0,
      out: 'Applied migration 1 (initial) to the sqlite3 storage.\n',
    });
    expect(await run(migrate)).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to do') });
    expect(await run(check)).toMatchObject({ code: 0, out: expect.stringContaining('is that of this version') });
    expect((await readdir(target.path)).toSorted()).toEqual(['config.yaml', 'tessera.db']);
  });

  test('a schema that was changed by hand is named in one sentence', async () => {
    const database = new DatabaseSync(join(source.path, 'tessera.db'));
    database.exec('DROP INDEX grants_subject');
    database.close();
    const args = ['migrate', '--config', source.file];
    expectRefusal(await run([...args, '--check']), /index grants_subject on grants is missing/, 1);
    expectRefusal(await run(args), /index grants_subject on grants is missing/);
    expectRefusal(await exported(), /index grants_subject on grants is missing/);
  });

  test('memory storage has no schema, and a database that does not answer is waited for', async () => {
    await using memory = await writeConfig();
    expect((await run(['migrate', '--config', memory.file])).code).toBe(0);
    expect((await run(['migrate', '--config', memory.file, '--check'])).code).toBe(0);
    const { reachSchema } = await import('../portable/reach-schema.ts');
    const port = await freePort();
    const config = {
      type: 'postgres',
      host: '127.0.0.1',
      port,
      database: 'x',
      user: 'x',
      password: 'canary',
      connectionTimeoutSeconds: 1,
      maxOpenConns: 1,
      ssl: { mode: 'disable' },
    } as const;
    const options = { clock: systemClock, logger: silentLogger, timeoutMs: 600 };
    const reaching = reachSchema(config, options, (schema) => schema.check());
    await expect(reaching).rejects.toThrow(/^The postgres storage did not answer within 0\.6 s: .*ECONNREFUSED/);
  });
});
