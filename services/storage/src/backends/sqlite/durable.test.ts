import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';
import { createFakeClock } from '@tessera/clock';
import { runInContext } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBench, type DurableHarness, words } from '../../conformance/bench-api.ts';
import { durableConformance } from '../../conformance/durable.ts';
import { sampleToken } from '../../conformance/samples.ts';
import type { DurableStore } from '../../ports.ts';
import { openSqliteDatabase } from './database.ts';
import { openSqliteStore } from './durable.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-sqlite-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (file: string) => openSqliteStore({ file, clock: createFakeClock(), hasOutbox: true });

durableConformance('SQLite', {
  open: (options) => openSqliteStore({ ...options, file: join(folder, 'conformance.db') }),
  isPersistent: true,
});

durableConformance('SQLite in memory', {
  open: (options) => openSqliteStore({ ...options, file: ':memory:' }),
  isPersistent: false,
});

test('the file is for its owner alone', async () => {
  const file = join(folder, 'mode.db');
  await (await open(file)).close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a commit waits for the disk: write-ahead log, synchronous = FULL (2)', () => {
  const database = openSqliteDatabase(join(folder, 'full.db'), new Date());
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  database.close();
});

test('a path that cannot be a database is named with the reason', async () => {
  const text = join(folder, 'text.db');
  writeFileSync(text, 'this is no database, but long enough to have a header of its own\n'.repeat(20));
  const failure = { kind: 'invalid_argument', code: 'storage.cannot_open' };
  const missing = join(folder, 'nowhere');
  await expect(open(join(missing, 'tessera.db'))).rejects.toMatchObject({
    ...failure,
    message: `cannot open the SQLite database ${missing}/tessera.db: the folder ${missing} does not exist`,
  });
  await expect(open(folder)).rejects.toMatchObject({ ...failure, message: expect.stringContaining('it is a folder') });
  await expect(open(join(text, 'x.db'))).rejects.toMatchObject({
    ...failure,
    message: expect.stringContaining(`${text} is not a folder`),
  });
  await expect(open(text)).rejects.toMatchObject({
    ...failure,
    message: expect.stringContaining('file is not a database'),
  });
});

/** Opens the file of a store, lets `change` do something by hand, and tries to open the store again. */
async function reopenAfter(change: string): Promise<void> {
  const file = join(folder, `${crypto.randomUUID()}.db`);
  await (await open(file)).close();
  const database = new DatabaseSync(file);
  database.exec(change);
  database.close();
  await (await open(file)).close();
}

test('a schema of another history, or of a newer version that this code does not work on, is refused', async () => {
  await expect(reopenAfter("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1")).rejects.toThrow(
    /its migration 1 \(initial\) differs/,
  );
  const newer = (compatibleWith: number) =>
    `INSERT INTO schema_migrations VALUES (99, 'future', 'x', ${compatibleWith}, 0, NULL)`;
  await expect(reopenAfter(newer(99))).rejects.toThrow(/migration 99 \(future\) of a newer version/);
  await reopenAfter(newer(1));
});

test('a schema changed by hand is refused with what differs, but for a further index that is not unique', async () => {
  const changes = [
    ['ALTER TABLE grants DROP COLUMN attempt_id', 'column grants.attempt_id is missing'],
    ['ALTER TABLE records ADD COLUMN note TEXT', 'column records.note was added'],
    ['DROP INDEX outbox_waiting', 'index outbox_waiting on outbox is missing'],
    ['CREATE UNIQUE INDEX own ON grants (subject)', 'unique index own on grants was added'],
    [
      'DROP INDEX grants_subject; CREATE INDEX grants_subject ON grants (subject)',
      'index grants_subject on grants is "(subject)" instead of "(subject, id)"',
    ],
    ['DROP TABLE revisions', 'table revisions is missing'],
  ] as const;
  for (const [change, difference] of changes) await expect(reopenAfter(change)).rejects.toThrow(difference);
  await reopenAfter('CREATE INDEX own ON grants (last_used_at); CREATE TABLE notes (text TEXT)');
});

const inMemory: DurableHarness = {
  open: (options) => openSqliteStore({ ...options, file: ':memory:' }),
  isPersistent: false,
};

test('a closed store is unavailable, and what was under way is done first', async () => {
  const bench = await createBench(inMemory);
  const grant = await bench.putGrant();
  const rotating = bench.api.rotateRefreshTokens([sampleToken(grant)]);
  await bench.durable.close();
  await bench.durable.close();
  expect(words(await rotating)).toEqual(['rotated 1']);
  await expect(bench.durable.findGrants([grant.id])).rejects.toMatchObject({ code: 'storage.unavailable' });
});

test('N18: of writes that share a commit one fails alone, and the others are done', async () => {
  const store = await open(':memory:');
  const record = { kind: 'user', id: 'jane', body: '{}', expected: 'absent', events: [] } as const;
  const event = { id: 'e', type: 't', key: 'k', time: new Date(0), data: '{}' };
  const broken = { ...record, id: 'broken', events: [event, { ...event, id: 'f', data: undefined as never }] };
  const outcomes = await Promise.allSettled([
    store.writeRecords([record], new Date()),
    store.writeRecords([broken], new Date()),
    store.writeRecords([{ ...record, id: 'john' }], new Date()),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  const { records } = await store.listRecords({ kind: 'user', limit: 10 }, new Date());
  expect(records.map(({ id }) => id)).toEqual(['jane', 'john']);
  expect(await store.backlog()).toEqual({ waiting: 0, parked: 0 });
  await store.close();
});

test('a call that cannot reach the thread fails, and the store goes on', async () => {
  const store = await open(':memory:');
  const record = { kind: 'user', id: 'jane', body: '{}', expected: 'any', events: [] } as const;
  const body = (() => '{}') as never;
  await expect(store.writeRecords([{ ...record, body }], new Date())).rejects.toMatchObject({ kind: 'internal' });
  expect(await store.writeRecords([record], new Date())).toEqual([1]);
  await store.close();
});

/** A store, and the thread it was opened with. */
async function openWithThread(file: string): Promise<readonly [DurableStore, Worker]> {
  const started = new Promise<Worker>((resolve) => process.once('worker', resolve));
  return [await open(file), await started];
}

test('a thread that ended by itself is started again; a database in memory is not begun anew', async () => {
  const record = { kind: 'user', id: 'jane', body: '{}', expected: 'absent', events: [] } as const;
  const down = { kind: 'unavailable', code: 'storage.unavailable' };
  const [store, thread] = await openWithThread(join(folder, 'lost.db'));
  expect(await store.writeRecords([record], new Date())).toEqual([1]);
  await thread.terminate();
  await waitFor(async () => (await store.revisions()) !== undefined, { what: 'another thread to answer' });
  const again = [store.writeRecords([record], new Date()), store.writeRecords([record], new Date())];
  expect(await Promise.all(again)).toEqual([[undefined], [undefined]]);
  await store.close();
  const [fleeting, its] = await openWithThread(':memory:');
  await its.terminate();
  await expect(fleeting.revisions()).rejects.toMatchObject(down);
  await expect(fleeting.revisions()).rejects.toMatchObject(down);
  await fleeting.close();
});

test('another process that writes is waited for; one that does not end makes the store unavailable', async () => {
  const file = join(folder, 'shared.db');
  const store = await open(file);
  const record = { kind: 'user', id: 'jane', body: '{}', expected: 'any', events: [] } as const;
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const waiting = store.writeRecords([record], new Date());
  other.exec('COMMIT');
  expect(await waiting).toEqual([1]);
  other.exec('BEGIN IMMEDIATE');
  await expect(store.writeRecords([record], new Date())).rejects.toMatchObject({
    code: 'storage.unavailable',
    message: 'SQLite: another process has locked the database',
  });
  // Reads go on all the while.
  expect(await store.getRecords([{ kind: 'user', id: 'jane' }], new Date())).toMatchObject([{ version: 1 }]);
  other.exec('ROLLBACK');
  other.close();
  await store.close();
});

test('N18: what got its turn after its caller gave up changes nothing', async () => {
  const file = join(folder, 'late.db');
  const clock = createFakeClock();
  const store = await openSqliteStore({ file, clock, hasOutbox: true });
  const record = { kind: 'user', id: 'jane', body: '{}', expected: 'any', events: [] } as const;
  const context = { requestId: 'r', deadlineMs: clock.monotonicMs() - 1 };
  await expect(runInContext(context, () => store.writeRecords([record], new Date()))).rejects.toMatchObject({
    code: 'storage.unavailable',
  });
  expect(await store.writeRecords([record], new Date())).toEqual([1]);
  await store.close();
});
