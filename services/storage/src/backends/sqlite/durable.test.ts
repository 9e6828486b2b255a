import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createFakeClock } from '@tessera/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench } from '../../conformance/bench-api.ts';
import { durableConformance } from '../../conformance/durable.ts';
import { openSqliteDatabase } from './database.ts';
import { openSqliteStore } from './durable.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-sqlite-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (file: string) => openSqliteStore({ file, clock: createFakeClock() });

durableConformance('SQLite', {
  open: async (options) => openSqliteStore({ ...options, file: join(folder, 'conformance.db') }),
  isPersistent: true,
});

test('the file is for its owner alone', async () => {
  const file = join(folder, 'mode.db');
  await open(file).close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a commit waits for the disk: write-ahead log, synchronous = FULL (2)', () => {
  const database = openSqliteDatabase({ file: join(folder, 'full.db'), clock: createFakeClock() });
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  database.close();
});

test('a path that cannot be a database is named with the reason', () => {
  const text = join(folder, 'text.db');
  writeFileSync(text, 'this is no database, but long enough to have a header of its own\n'.repeat(20));
  const reasonFor = (file: string): unknown => {
    try {
      return open(file);
    } catch (thrown) {
      return thrown;
    }
  };
  const failure = { kind: 'invalid_argument', code: 'storage.cannot_open' };
  const missing = join(folder, 'nowhere');
  expect(reasonFor(join(missing, 'tessera.db'))).toMatchObject({
    ...failure,
    message: `cannot open the SQLite database ${missing}/tessera.db: the folder ${missing} does not exist`,
  });
  expect(reasonFor(folder)).toMatchObject({ ...failure, message: expect.stringContaining('it is a folder') });
  expect(reasonFor(join(text, 'x.db'))).toMatchObject({
    ...failure,
    message: expect.stringContaining(`${text} is not a folder`),
  });
  expect(reasonFor(text)).toMatchObject({ ...failure, message: expect.stringContaining('file is not a database') });
});

test('a schema of a newer version, or one that was changed by hand, is refused', async () => {
  const file = join(folder, 'drift.db');
  await open(file).close();
  const database = new DatabaseSync(file);
  database.exec("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1");
  expect(() => open(file)).toThrow(/its migration 1 \(initial\) differs/);
  database.exec(
    "INSERT INTO schema_migrations VALUES (99, 'future', 'x', 0); DELETE FROM schema_migrations WHERE version = 1",
  );
  expect(() => open(file)).toThrow(/migration 99 \(future\), which a newer version/);
  database.close();
});

test('a closed store is unavailable', async () => {
  const bench = await createBench({
    open: async (options) => openSqliteStore({ ...options, file: ':memory:' }),
    isPersistent: false,
  });
  await bench.durable.close();
  await expect(bench.api.findUser('jane@example.org')).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'storage.unavailable',
  });
});
