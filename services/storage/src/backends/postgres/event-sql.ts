import { LANES } from '../../rules/lanes.ts';

/** The lane of a key, as `laneOf` reckons it. */
export function laneSql(key: string): string {
  return `get_byte(sha256(convert_to(${key}, 'UTF8')), 0) % ${LANES}`;
}

/** Expressions of a revocation that this statement made. */
interface RevocationSql {
  readonly grantId: string;
  readonly reason: string;
  readonly now: string;
  /** A random one when left out. */
  readonly eventId?: string;
}

/**
 * A call that writes the event of a revocation, the same as `revocationEvent` makes it. A function of the database, so that a
 * statement that revokes nothing does not even prepare for it; and called once the row is locked, so that changes that
 * wait for one another have their events in the order of their commits.
 */
export function tellRevocation({ grantId, reason, now, eventId = 'gen_random_uuid()' }: RevocationSql): string {
  return `tessera_tell_revocation(${eventId}, ${grantId}, ${reason}, ${now})`;
}
