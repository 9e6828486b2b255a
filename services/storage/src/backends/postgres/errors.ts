import { TesseraError } from '@tessera/errors';
import { grantExists, storeRetired, storeUnavailable } from '../../rules/store-errors.ts';

/** What the triggers of a retired store raise. Classes from `I` on are nobody's but the database's owner's. */
export const RETIRED_STATE = 'TSR01';
/**
 * Classes of SQLSTATE that say the server cannot work now, not that the statement is wrong: connection, authorization,
 * catalog, read-only and other transaction states, conflicts, resources, intervention of an operator, system error.
 */
const UNAVAILABLE_CLASSES: ReadonlySet<string> = new Set(['08', '25', '28', '3D', '40', '53', '57', '58', '55']);
const PASSWORD_REFUSED: ReadonlySet<string> = new Set(['28P01', '28000']);
const UNIQUE_VIOLATION = '23505';
const INSUFFICIENT_PRIVILEGE = '42501';
/**
 * A serialization failure, a deadlock, and a row that another statement inserted at the same moment: of two unique indexes
 * `ON CONFLICT` minds one, and may meet the other first. Sent again it finds that row committed.
 */
const RETRYABLE: ReadonlySet<string> = new Set(['40001', '40P01', UNIQUE_VIOLATION]);

/** The SQLSTATE of an error; undefined when it did not come from the server. */
function sqlState(thrown: unknown): string | undefined {
  const code = (thrown as { readonly code?: unknown } | undefined)?.code;
  const isFromServer = thrown instanceof Error && 'severity' in thrown;
  return isFromServer && typeof code === 'string' ? code : undefined;
}

/** Whether the server took a statement back because of another one, so that it may be sent again. */
export function isConflict(thrown: unknown): boolean {
  return RETRYABLE.has(sqlState(thrown) ?? '');
}

/** Whether the server refused a connection for its password: invalid_password, invalid_authorization_specification. */
export function isPasswordRefused(thrown: unknown): boolean {
  return PASSWORD_REFUSED.has(sqlState(thrown) ?? '');
}

/** Whether an error is about the statement alone, so that its connection is as good as before. */
export function isOfStatement(thrown: unknown): boolean {
  const state = sqlState(thrown);
  return state === RETIRED_STATE || isConflict(thrown);
}

/** Whether an error, or what caused it, is that the role may not do this. */
export function isInsufficientPrivilege(thrown: unknown): boolean {
  return [thrown, (thrown as Error).cause].some((error) => sqlState(error) === INSUFFICIENT_PRIVILEGE);
}

/** An error of a statement, for the caller. Whatever did not come from the server is a broken or missing connection. */
export function postgresError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const state = sqlState(thrown);
  if (state === undefined) return storeUnavailable('PostgreSQL', thrown);
  if (state === RETIRED_STATE) return storeRetired(thrown);
  if (UNAVAILABLE_CLASSES.has(state.slice(0, 2))) return storeUnavailable('PostgreSQL', thrown);
  if (state === UNIQUE_VIOLATION) return grantExists(thrown);
  return TesseraError.from(thrown);
}
