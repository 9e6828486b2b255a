import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import {
  type ErrorKind,
  errorKinds,
  grpcStatusOfKind,
  kindOfGrpcStatus,
  TesseraError,
  unavailable,
} from '@tessera/errors';
import { Error as ErrorMessage, ErrorKind as WireKind } from '@tessera/proto/tessera/common/v1/error';

/** Trailing metadata key with the encoded `tessera.common.v1.Error`. */
const ERROR_KEY = 'tessera-error-bin';

type KnownWireKind = Exclude<WireKind, 'ERROR_KIND_UNSPECIFIED' | 'UNRECOGNIZED'>;

const wireOfKind: Readonly<Record<ErrorKind, KnownWireKind>> = {
  invalid_argument: WireKind.INVALID_ARGUMENT,
  not_found: WireKind.NOT_FOUND,
  already_exists: WireKind.ALREADY_EXISTS,
  conflict: WireKind.CONFLICT,
  unauthenticated: WireKind.UNAUTHENTICATED,
  permission_denied: WireKind.PERMISSION_DENIED,
  resource_exhausted: WireKind.RESOURCE_EXHAUSTED,
  unavailable: WireKind.UNAVAILABLE,
  deadline_exceeded: WireKind.DEADLINE_EXCEEDED,
  internal: WireKind.INTERNAL,
};

const kindOfWire = new Map<WireKind, ErrorKind>(errorKinds.map((kind) => [wireOfKind[kind], kind]));

/** Longest code and message that travel, in characters: together they must fit the trailing metadata of a call. */
const MAX_CODE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 1_000;
const MAX_RETRY_AFTER_SECONDS = 24 * 3_600;

/** An error as a message: for one item of a batch, or for the trailing metadata. The cause stays behind. */
export function errorToWire(error: TesseraError): ErrorMessage {
  return {
    kind: wireOfKind[error.kind],
    code: error.code.slice(0, MAX_CODE_LENGTH),
    message: error.message.slice(0, MAX_MESSAGE_LENGTH),
    retryAfterSeconds: wholeSeconds(error.retryAfterSeconds ?? 0),
  };
}

function wholeSeconds(seconds: number): number {
  return seconds > 0 ? Math.min(Math.ceil(seconds), MAX_RETRY_AFTER_SECONDS) : 0;
}

/** The error a message stands for; a kind this version does not know is `internal`. */
export function errorFromWire(message: ErrorMessage): TesseraError {
  return new TesseraError({
    kind: kindOfWire.get(message.kind) ?? 'internal',
    code: message.code,
    message: message.message,
    ...(message.retryAfterSeconds > 0 ? { retryAfterSeconds: message.retryAfterSeconds } : {}),
  });
}

const NOT_READY = 'rpc.not_ready';

/** A replica listens but has not begun to work: nothing was done, and another one may be asked. */
export function notReady(service: string): TesseraError {
  return unavailable(NOT_READY, `this replica of ${service} is not ready`);
}

/** A failed call as gRPC sends it: a status for every client, the whole error for ours. */
export function statusOfError(error: TesseraError): Partial<StatusObject> {
  const metadata = new Metadata();
  metadata.set(ERROR_KEY, Buffer.from(ErrorMessage.encode(errorToWire(error)).finish()));
  return { code: grpcStatusOfKind[error.kind], details: error.code, metadata };
}

/** A failed call as the client meets it. */
export interface FailedCall {
  readonly error: TesseraError;
  /** Whether it may be sent again: always when no server has worked on it, only if it is idempotent, or never. */
  readonly mayRepeat: 'always' | 'if_idempotent' | 'never';
}

/**
 * What a failed call means: what the far side says itself is its answer, unless it is not ready; anything else happened
 * on the way.
 */
export function failedCall(error: ServiceError, method: string): FailedCall {
  const told = errorOfTrailer(error.metadata);
  if (told !== undefined) return { error: told, mayRepeat: told.code === NOT_READY ? 'always' : 'never' };
  const kind = isLostOnTheWay(error) ? 'unavailable' : kindOfGrpcStatus(error.code);
  return {
    error: new TesseraError({ kind, code: `rpc.${kind}`, message: `${method}: ${error.details}`, cause: error }),
    mayRepeat: kind !== 'unavailable' ? 'never' : UNSEEN.test(error.details ?? '') ? 'always' : 'if_idempotent',
  };
}

function errorOfTrailer(metadata: Metadata | undefined): TesseraError | undefined {
  const [bytes] = metadata?.get(ERROR_KEY) ?? [];
  if (!(bytes instanceof Buffer)) return undefined;
  try {
    return errorFromWire(ErrorMessage.decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * How grpc-js tells that no server has seen the call: there was no connection to any, or a server closed its connection
 * before it took the stream (RFC 9113 §8.7, REFUSED_STREAM).
 */
const UNSEEN = /^Stream refused by server$|NGHTTP2_REFUSED_STREAM$|^(?:round_robin: )?No connection established/;

/** grpc-js reports some ways in which a connection dies under a call as INTERNAL, and tells them by the text alone. */
function isLostOnTheWay(error: ServiceError): boolean {
  return error.code === status.INTERNAL && /RST_STREAM|HTTP\/2 stream/.test(error.details ?? '');
}
