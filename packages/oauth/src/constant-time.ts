import { timingSafeEqual } from 'node:crypto';

/** Compares two texts without telling by time where they differ. Their length is not hidden. */
export function isEqualInConstantTime(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left, 'utf8');
  const rightBytes = Buffer.from(right, 'utf8');
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
