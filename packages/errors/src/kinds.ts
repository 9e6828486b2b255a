/** The closed set of error kinds, mirrored by `tessera.common.v1.ErrorKind`. */
export const errorKinds = [
  'invalid_argument',
  'not_found',
  'already_exists',
  'conflict',
  'unauthenticated',
  'permission_denied',
  'resource_exhausted',
  'unavailable',
  'deadline_exceeded',
  'internal',
] as const;

/** What went wrong, as far as a caller has to act differently. */
export type ErrorKind = (typeof errorKinds)[number];
