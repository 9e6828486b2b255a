/** A lifetime as the server takes it: whole milliseconds, at least one. */
export function millisecondsOf(seconds: number): number {
  return Math.max(1, Math.ceil(seconds * 1000));
}
