import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TesseraError } from '@tessera/errors';
import type { SchemaState, SchemaStep } from '../../migrations/schema-state.ts';
import { sqliteMigrations } from '../../migrations/sqlite.ts';
import { cannotOpen } from '../../rules/store-errors.ts';
import { checkSqlite, migrateSqlite } from './migrate.ts';

/** For so long a statement waits for another process that writes. */
const BUSY_TIMEOUT_MS = 2000;

/**
 * Opens the file (or `:memory:`), creating it for the owner alone, and brings its schema up to date. A commit is on disk
 * before it is answered (`synchronous = FULL`): in WAL mode `NORMAL` may lose the last commits with the power, and with them
 * the proof that a code or a refresh token was used.
 *
 * @param openedAt for the record of the migrations.
 * @throws TesseraError `storage.cannot_open` with the path and the reason.
 */
export function openSqliteDatabase(file: string, openedAt: Date): DatabaseSync {
  const database = openFile(file);
  try {
    prepare(database, openedAt);
    return database;
  } catch (thrown) {
    database.close();
    throw cannotUse(file, thrown);
  }
}

/** Brings the schema of a file up to date and closes it again; says which steps were missing. Throws as opening does. */
export function migrateSqliteFile(file: string, openedAt: Date): readonly SchemaStep[] {
  const database = openFile(file);
  try {
    return prepare(database, openedAt);
  } catch (thrown) {
    throw cannotUse(file, thrown);
  } finally {
    database.close();
  }
}

/** Says which steps the schema of a file lacks; a file that is not there lacks all. Throws as opening does. */
export function checkSqliteFile(file: string): SchemaState {
  if (file === ':memory:' || !existsSync(file)) return { applied: 0, pending: sqliteMigrations };
  const database = openForReading(file);
  try {
    return checkSqlite(database, sqliteMigrations);
  } catch (thrown) {
    throw cannotUse(file, thrown);
  } finally {
    database.close();
  }
}

function prepare(database: DatabaseSync, openedAt: Date): readonly SchemaStep[] {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
  `);
  return migrateSqlite(database, sqliteMigrations, openedAt);
}

function openForReading(file: string): DatabaseSync {
  try {
    // Not read-only: such a connection leaves the files behind that it makes beside the database.
    return new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  } catch (thrown) {
    throw cannotUse(file, thrown);
  }
}

function openFile(file: string): DatabaseSync {
  try {
    // SQLite would create the file readable for everybody, and its companions take its mode.
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    return new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  } catch (thrown) {
    throw cannotUse(file, thrown);
  }
}

/** What is wrong with the file itself says more than SQLite does. */
function cannotUse(file: string, thrown: unknown): TesseraError {
  const reason = fileProblem(file) ?? reasonOf(thrown);
  return cannotOpen(`cannot open the SQLite database ${file}: ${reason}`, thrown);
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
