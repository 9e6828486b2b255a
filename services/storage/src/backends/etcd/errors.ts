import { status } from '@grpc/grpc-js';
import { TesseraError } from '@tessera/errors';
import { storeUnavailable } from '../../rules/store-errors.ts';

/** The gRPC status of an error; undefined when it is none of gRPC. */
function statusOf(thrown: unknown): number | undefined {
  const code = (thrown as { readonly code?: unknown } | undefined)?.code;
  return thrown instanceof Error && typeof code === 'number' ? code : undefined;
}

function detailsOf(thrown: unknown): string {
  const details = (thrown as { readonly details?: unknown } | undefined)?.details;
  return typeof details === 'string' ? details : '';
}

/** Whether the member refused a call only because the proof of the user is none any more: it changed nothing. */
export function isStaleToken(thrown: unknown): boolean {
  return /invalid auth token|revision of auth store is old/.test(detailsOf(thrown));
}

/** Whether the cluster refused the user for the password. */
export function isPasswordRefused(thrown: unknown): boolean {
  return /authentication failed/.test(detailsOf(thrown));
}

/** Whether another member may answer what this one did not. */
export function isMemberTrouble(thrown: unknown): boolean {
  const code = statusOf(thrown);
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED || code === status.UNKNOWN;
}

/** Whether a range asked for a moment that is not kept any more. */
export function isCompacted(thrown: unknown): boolean {
  return thrown instanceof Error && statusOf(thrown.cause ?? thrown) === status.OUT_OF_RANGE;
}

/** Statuses that say a call is wrong, not that the store cannot work now. */
const FAULTS: ReadonlySet<number | undefined> = new Set([
  status.INVALID_ARGUMENT,
  status.OUT_OF_RANGE,
  status.UNIMPLEMENTED,
  status.NOT_FOUND,
]);

/** An error of a call, for the caller. A user who is refused and a full disk count as a store that cannot work now. */
export function etcdError(thrown: unknown): TesseraError {
  if (thrown instanceof TesseraError) return thrown;
  const code = statusOf(thrown);
  if (code === undefined || !FAULTS.has(code)) return storeUnavailable('etcd', thrown);
  // An empty user name, and passwords that do not fit, come as invalid arguments.
  if (/auth/.test(detailsOf(thrown))) return storeUnavailable('etcd', thrown);
  return new TesseraError({
    kind: 'internal',
    code: 'internal.unexpected',
    message: 'etcd refused a request',
    cause: thrown,
  });
}
