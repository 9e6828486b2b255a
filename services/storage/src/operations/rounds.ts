/**
 * Splits a batch so that no key stands twice in one round, keeping the order of each key. A statement sees a row once, so
 * calls about the same row have to be judged by successive statements.
 */
export function splitIntoRounds<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const occurrences = new Map<string, number>();
  const rounds: T[][] = [];
  for (const item of items) {
    const key = keyOf(item);
    const round = occurrences.get(key) ?? 0;
    occurrences.set(key, round + 1);
    const list = rounds[round];
    if (list === undefined) rounds[round] = [item];
    else list.push(item);
  }
  return rounds;
}
