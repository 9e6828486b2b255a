/**
 * Orders texts by the bytes of their UTF-8, as every backend does. JavaScript's own order, by UTF-16 units, differs beyond
 * the Basic Multilingual Plane.
 */
export function compareBytes(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left, 'utf8'), Buffer.from(right, 'utf8'));
}
