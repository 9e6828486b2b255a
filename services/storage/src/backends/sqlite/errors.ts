import { TesseraError, unavailable } from '@tessera/errors';
import { storeRetired, storeUnavailable } from '../../rules/store-errors.ts';
import { RETIRED_MESSAGE } from '../sql/retirement.ts';

/** Primary result codes of SQLite that say the disk or another process is in the way, and what each means. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [5, 'another process has locked the database'],
  [8, 'the database is read-only'],
  [10, 'the disk reports an error'],
  [13, 'the disk is full'],
  [14, 'the file cannot be opened'],
]);

/** The primary result code of an error of `node:sqlite`; undefined for any other error. */
function sqliteCode(thrown: unknown): number | undefined {
  const errcode = (thrown as { readonly errcode?: unknown } | undefined)?.errcode;
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** An error of a statement, for the caller: `unavailable` when the disk or a lock is the reason, else `internal`. */
export function sqliteError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  if ((thrown as { readonly code?: unknown }).code === 'ERR_INVALID_STATE') return storeUnavailable('SQLite', thrown);
  if (thrown instanceof Error && thrown.message === RETIRED_MESSAGE) return storeRetired(thrown);
  const reason = REASONS.get(sqliteCode(thrown) ?? -1);
  return reason === undefined
    ? TesseraError.from(thrown)
    : unavailable('storage.unavailable', `SQLite: ${reason}`, thrown);
}
