import type { ErrorKind } from './kinds.ts';

/** Error kind to gRPC status code (https://grpc.io/docs/guides/status-codes/), used where only a status can travel. */
export const grpcStatusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  conflict: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
};

const kindOfStatus = new Map<number, ErrorKind>(
  Object.entries(grpcStatusOfKind).map(([kind, status]) => [status, kind as ErrorKind]),
);

/** gRPC status code to error kind, for peers that sent no Tessera error; unknown codes are `internal`, CANCELLED (1) is `unavailable`. */
export function kindOfGrpcStatus(status: number): ErrorKind {
  return status === 1 ? 'unavailable' : (kindOfStatus.get(status) ?? 'internal');
}
