import { expect } from 'vitest';

/** RFC 6749 §10.10 as the suite measures it: what cannot be guessed is 128 bits long and has 96 bits by Shannon's estimate. */
export function expectUnguessable(what: string, value: string): void {
  expect(value.length * 8, `${what}: length in bits`).toBeGreaterThanOrEqual(128);
  expect(estimatedBits(value), `${what}: estimated entropy in bits`).toBeGreaterThanOrEqual(96);
}

/** Shannon's entropy of the characters, times how many there are. */
function estimatedBits(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  const perCharacter = [...counts.values()]
    .map((count) => count / value.length)
    .reduce((sum, share) => sum - share * Math.log2(share), 0);
  return perCharacter * value.length;
}
