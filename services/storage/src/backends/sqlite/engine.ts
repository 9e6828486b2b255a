import type { DatabaseSync } from 'node:sqlite';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { carryError } from './carried-error.ts';
import { openSqliteDatabase } from './database.ts';
import { sqliteError } from './errors.ts';
import { createSqliteGrants } from './grants.ts';
import { createEventWriter, createSqliteOutbox } from './outbox.ts';
import { createSqlitePortable } from './portable.ts';
import { type Answer, type Call, isRead, type SqliteOperations, type WorkerOptions } from './protocol.ts';
import { createSqliteRecords } from './records.ts';
import { inTransaction } from './transaction.ts';

/** A database and what runs calls on it, in the thread that owns it. */
export interface SqliteEngine {
  /** Runs calls and answers each of them, in order; what it answers is on disk. Never throws. */
  run(calls: readonly Call[]): Answer[];
  close(): void;
}

/**
 * Opens a database. Calls that arrive together read one snapshot, and write in one transaction (group commit): the disk is
 * waited for once. Each call has a savepoint of its own, so that one that fails takes no other along.
 *
 * @throws TesseraError `storage.cannot_open` with the path and the reason.
 */
export function openSqliteEngine({ file, hasOutbox, openedAt }: WorkerOptions): SqliteEngine {
  const database = openSqliteDatabase(file, openedAt);
  const events = createEventWriter(database, hasOutbox);
  const operations: SqliteOperations = {
    ...createSqliteGrants(database, events),
    ...createSqliteRecords(database, events),
    ...createSqliteOutbox(database, events),
    ...createSqlitePortable(database),
  };
  return {
    run(calls) {
      const startedMs = performance.now();
      const reads = calls.filter(({ name }) => isRead(name));
      const writes = calls.filter(({ name }) => !isRead(name));
      const answers = new Map([
        ...answersTo(reads, () => readTogether(database, reads, operations)),
        ...answersTo(writes, () => writeTogether(database, writes, { operations, startedMs })),
      ]);
      return calls.map((call) => answers.get(call) ?? failedWith(new Error('a call without an answer')));
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

type Answered = readonly (readonly [Call, Answer])[];

/** When the transaction itself fails, so does each of its calls. */
function answersTo(calls: readonly Call[], run: () => Answered): Answered {
  if (calls.length === 0) return [];
  try {
    return run();
  } catch (thrown) {
    return calls.map((call) => [call, failedWith(thrown)]);
  }
}

function readTogether(database: DatabaseSync, reads: readonly Call[], operations: SqliteOperations): Answered {
  return inTransaction(database, 'DEFERRED', () =>
    reads.map((call) => {
      try {
        return [call, { ok: true, value: perform(operations, call) }];
      } catch (thrown) {
        return [call, failedWith(thrown)];
      }
    }),
  );
}

function writeTogether(
  database: DatabaseSync,
  writes: readonly Call[],
  { operations, startedMs }: { readonly operations: SqliteOperations; readonly startedMs: number },
): Answered {
  return inTransaction(database, 'IMMEDIATE', () =>
    writes.map((call) => {
      // Another process may have held the database for long. Whoever gave up meanwhile comes again with the same token.
      const isLate = performance.now() - startedMs >= call.patienceMs;
      return [call, isLate ? failedWith(storeUnavailable('SQLite')) : writeAlone(database, call, operations)];
    }),
  );
}

function writeAlone(database: DatabaseSync, call: Call, operations: SqliteOperations): Answer {
  database.exec('SAVEPOINT call');
  try {
    const value = perform(operations, call);
    database.exec('RELEASE call');
    return { ok: true, value };
  } catch (thrown) {
    // A full disk, for one, ends the whole transaction.
    if (!database.isTransaction) throw thrown;
    database.exec('ROLLBACK TO call; RELEASE call');
    return failedWith(thrown);
  }
}

function perform(operations: SqliteOperations, { name, args }: Call): unknown {
  const operation = operations[name] as (...args: readonly unknown[]) => unknown;
  return operation(...args);
}

function failedWith(thrown: unknown): Answer {
  return { ok: false, error: carryError(sqliteError(thrown)) };
}
