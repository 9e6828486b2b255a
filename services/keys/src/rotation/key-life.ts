/**
 * The life of a signing key: pre-published from `createdAt`, active from `activeAt`, retired from `retiredAt` and gone from
 * `goneAt`. The first two are fixed when it is made, the others when its successor is; so replicas agree without talking.
 * Nothing of it comes later than was fixed, but the end; only an order, or a signer that is gone, makes anything come earlier.
 */
export interface KeyLife {
  readonly createdAt: Date;
  readonly activeAt: Date;
  /** Its successor's `activeAt`; undefined while it has none. */
  readonly retiredAt?: Date;
  /** When the last token it signed has expired. */
  readonly goneAt?: Date;
}

/** The life alone, of whatever has one. */
export function lifeOf({ createdAt, activeAt, retiredAt, goneAt }: KeyLife): KeyLife {
  return {
    createdAt,
    activeAt,
    ...(retiredAt !== undefined && { retiredAt }),
    ...(goneAt !== undefined && { goneAt }),
  };
}

/** Where a key, or a master secret, is in its life. */
export type LifeStage = 'pre-published' | 'active' | 'retired' | 'gone';

/** The stage at `now`. */
export function stageOf({ activeAt, retiredAt, goneAt }: KeyLife, now: Date): LifeStage {
  if (goneAt !== undefined && goneAt <= now) return 'gone';
  if (retiredAt !== undefined && retiredAt <= now) return 'retired';
  return activeAt <= now ? 'active' : 'pre-published';
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
