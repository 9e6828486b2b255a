import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from '@tessera/clock';
import { sqliteMigrations } from '../../migrations/sqlite.ts';
import type { StoreObserver } from '../../ports.ts';
import { cannotOpen } from '../../rules/store-errors.ts';
import { sqliteError } from './errors.ts';
import { migrateSqlite } from './migrate.ts';
import { inTransaction } from './transaction.ts';

/** An open database. */
export interface SqliteDatabase {
  prepare(sql: string): StatementSync;
  /** Runs `work` and reports it under `name`. Rejects with a TesseraError. */
  read<T>(name: string, work: () => T): Promise<T>;
  /** Runs `work` in one transaction, on disk when it settles; when it throws, nothing has happened. */
  write<T>(name: string, work: () => T): Promise<T>;
  close(): void;
}

/** How a database is opened. */
export interface SqliteOptions {
  /** Path of the file, or `:memory:`. */
  readonly file: string;
  readonly clock: Clock;
  readonly onStatement?: StoreObserver;
}

const BUSY_TIMEOUT_MS = 2000;

/**
 * Opens the file, creating it for the owner alone, and brings its schema up to date. A commit is on disk before it is
 * answered (`synchronous = FULL`): in WAL mode `NORMAL` may lose the last commits with the power, and with them the proof
 * that a code or a refresh token was used.
 *
 * @throws TesseraError `storage.cannot_open` with the path and the reason.
 */
export function openSqliteDatabase({ file, clock, onStatement }: SqliteOptions): SqliteDatabase {
  const database = openFile(file);
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
    `);
    migrateSqlite(database, sqliteMigrations, clock);
  } catch (thrown) {
    database.close();
    throw cannotOpen(`cannot open the SQLite database ${file}: ${reasonOf(thrown)}`, thrown);
  }
  const run = async <T>(name: string, work: () => T): Promise<T> => {
    onStatement?.(name);
    try {
      return work();
    } catch (thrown) {
      throw sqliteError(thrown);
    }
  };
  return {
    prepare: (sql) => database.prepare(sql),
    read: run,
    write: (name, work) => run(name, () => inTransaction(database, work)),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function openFile(file: string): DatabaseSync {
  try {
    // SQLite would create the file readable for everybody, and its companions take its mode.
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    return new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  } catch (thrown) {
    throw cannotOpen(`cannot open the SQLite database ${file}: ${fileProblem(file) ?? reasonOf(thrown)}`, thrown);
  }
}

function fileProblem(file: string): string | undefined {
  const folder = dirname(resolve(file));
  try {
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
    accessSync(folder, constants.W_OK);
  } catch (thrown) {
    return isMissing(thrown) ? `the folder ${folder} does not exist` : `the folder ${folder} is not writable`;
  }
  try {
    if (statSync(file).isDirectory()) return 'it is a folder';
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (thrown) {
    return isMissing(thrown) ? undefined : 'the file is not readable and writable';
  }
  return undefined;
}

function isMissing(thrown: unknown): boolean {
  return (thrown as { readonly code?: unknown }).code === 'ENOENT';
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'unknown reason';
}
