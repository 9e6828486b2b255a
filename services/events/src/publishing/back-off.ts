const FIRST_MS = 250;
const MAX_MS = 5_000;

/**
 * How long to wait after the given number of failures in a row (at least 1): 250 ms, doubled each time up to five seconds, of
 * which half is left to chance, so that replicas do not knock in step. `random` is at least 0 and less than 1.
 */
export function backOffMs(failures: number, random: () => number): number {
  const longest = Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1));
  return longest * (0.5 + random() / 2);
}
