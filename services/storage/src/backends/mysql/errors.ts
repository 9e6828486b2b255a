import { TesseraError } from '@tessera/errors';
import { cannotRetire, storeRetired, storeUnavailable } from '../../rules/store-errors.ts';
import { RETIRED_MESSAGE } from '../sql/retirement.ts';

/** Numbers of errors that say the server cannot work now, not that the statement is wrong. */
const UNAVAILABLE: ReadonlySet<number> = new Set([
  // Locks and conflicts: a row changed since it was read, a lock waited for too long, a deadlock.
  1020, 1205, 1213,
  // Disk and memory: full, table full, storage engine, memory, sort memory, memory again.
  1021, 1114, 1030, 1037, 1038, 1041,
  // Who may connect: too many, too many of the user, limits of the user, host blocked or unknown, no access.
  1040, 1203, 1226, 1129, 1130, 1044, 1045, 1049, 1698,
  // Shutdown, killed, interrupted, too slow, idle for too long.
  1053, 1077, 1317, 1927, 1969, 3024, 4031,
  // Network packets.
  1158, 1159, 1160, 1161,
  // Read-only: by option, by transaction, by mode. A cluster node that is not ready. Too many prepared statements.
  1290, 1792, 1836, 1047, 1461,
  // The table is not there.
  1146,
]);

/** Access denied, and that to a user without a password. */
const PASSWORD_REFUSED: ReadonlySet<number> = new Set([1045, 1698]);
const ROW_CHANGED = 1020;
const DUPLICATE = 1062;
const LOCK_WAIT = 1205;
const DEADLOCK = 1213;
const SIGNALLED = 1644;
const TRIGGERS_NOT_ALLOWED = 1419;
const TABLE_DENIED = 1142;

/** A server with a binary log lets only some users make triggers. */
const TRIGGERS_ADVICE =
  'the MySQL user may not make triggers: set log_bin_trust_function_creators = 1 on the server for this step';
const RIGHTS_ADVICE = 'the MySQL user may not make triggers: grant it TRIGGER on the tables for this step';

/** Whether the server refused a connection for its password. */
export function isPasswordRefused(thrown: unknown): boolean {
  return PASSWORD_REFUSED.has(errorNumber(thrown) ?? 0);
}

/** The number of an error that came from the server; undefined for any other, such as a broken connection. */
function errorNumber(thrown: unknown): number | undefined {
  const { errno, sqlState } = thrown as { readonly errno?: unknown; readonly sqlState?: unknown };
  return typeof errno === 'number' && errno > 0 && typeof sqlState === 'string' ? errno : undefined;
}

/** Whether the server refused a transaction because of another one, so that it may be begun anew. */
export function isConflict(thrown: unknown): boolean {
  const number = errorNumber(thrown);
  // Under READ COMMITTED nobody sees a key that another transaction is about to insert, until it is a duplicate.
  return number === DEADLOCK || number === LOCK_WAIT || number === DUPLICATE || number === ROW_CHANGED;
}

/** An error of a statement, for the caller. Whatever did not come from the server is a broken or missing connection. */
export function mysqlError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const number = errorNumber(thrown);
  if (number === undefined || UNAVAILABLE.has(number)) return storeUnavailable('MySQL', thrown);
  if (number === SIGNALLED && (thrown as Error).message === RETIRED_MESSAGE) return storeRetired(thrown);
  if (number === TRIGGERS_NOT_ALLOWED) return cannotRetire(TRIGGERS_ADVICE, thrown);
  if (number === TABLE_DENIED && /\bTRIGGER\b/.test((thrown as Error).message))
    return cannotRetire(RIGHTS_ADVICE, thrown);
  // Somebody inserted the same key each time anew.
  if (number === DUPLICATE) return storeUnavailable('MySQL', thrown);
  return TesseraError.from(thrown);
}
