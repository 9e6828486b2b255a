/**
 * The life of a signing key: pre-published from `createdAt`, active from `activeAt`, retired from `retiredAt` and gone from
 * `goneAt`. The first two are fixed when it is made, the others when its successor is; so replicas agree without talking.
 */
export interface KeyLife {
  readonly createdAt: Date;
  readonly activeAt: Date;
  /** Its successor's `activeAt`; undefined while it has none. */
  readonly retiredAt?: Date;
  /** When the last token it signed has expired. */
  readonly goneAt?: Date;
}

/** The key that signs: the latest that is active already, unless it was retired without a successor. Keys in order of activation. */
export function findActiveKey<K extends KeyLife>(keys: readonly K[], now: Date): K | undefined {
  const nowMs = now.getTime();
  const active = keys.findLast((key) => key.activeAt.getTime() <= nowMs);
  return active?.retiredAt !== undefined && active.retiredAt.getTime() <= nowMs ? undefined : active;
}

/** Whether a key stands in the JWKS. */
export function isPublished(key: KeyLife, now: Date): boolean {
  return key.goneAt === undefined || key.goneAt.getTime() > now.getTime();
}
