import { createSecretKey, type KeyObject } from 'node:crypto';

/** Length of every key of a ring, in bytes. */
export const SECRET_KEY_BYTES = 32;
/** Highest version: it has to fit into one byte of a credential. */
export const MAX_SECRET_VERSION = 255;

/** A key and the version that names it inside credentials. */
export interface VersionedSecret {
  /** 1 to 255. */
  readonly version: number;
  readonly key: KeyObject;
}

/**
 * The symmetric keys of one purpose. New credentials are made with the current one; those made with an older version stay
 * good until that version leaves the ring. Keys are opaque objects, so a ring shows no secret when it is printed.
 */
export interface SecretRing {
  readonly current: VersionedSecret;
  /** Undefined when the ring has no such version. */
  find(version: number): VersionedSecret | undefined;
}

/**
 * Makes a ring of 32-byte keys by version (1 to 255). Throws a `RangeError` on a version or length outside the rule, and
 * when `currentVersion` is not among `versions`. The key bytes are copied.
 */
export function createSecretRing(versions: ReadonlyMap<number, Uint8Array>, currentVersion: number): SecretRing {
  const secrets = new Map<number, VersionedSecret>();
  for (const [version, bytes] of versions) {
    if (!Number.isInteger(version) || version < 1 || version > MAX_SECRET_VERSION) {
      throw new RangeError(`A secret's version is a whole number from 1 to ${MAX_SECRET_VERSION}`);
    }
    if (bytes.length !== SECRET_KEY_BYTES) {
      throw new RangeError(`Secret version ${version} must have ${SECRET_KEY_BYTES} bytes, it has ${bytes.length}`);
    }
    secrets.set(version, { version, key: createSecretKey(bytes) });
  }
  const current = secrets.get(currentVersion);
  if (current === undefined) {
    throw new RangeError(`The current secret version ${currentVersion} is not in the ring`);
  }
  return { current, find: (version) => secrets.get(version) };
}
