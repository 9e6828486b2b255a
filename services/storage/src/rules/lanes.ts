import { createHash } from 'node:crypto';

/** How many lanes the outbox has. Fixed: the SQL statements count with it as well. */
export const LANES = 16;

/** The lane of an event's key: the first byte of the key's SHA-256, modulo {@link LANES}. */
export function laneOf(key: string): number {
  return (createHash('sha256').update(key, 'utf8').digest()[0] ?? 0) % LANES;
}
