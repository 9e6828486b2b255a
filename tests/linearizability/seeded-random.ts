/** Numbers that look random and are the same for the same seed. */
export interface SeededRandom {
  /** 0 ≤ n < `below`. */
  whole(below: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean;
  /** A source of its own, so that one consumer does not disturb another. */
  fork(): SeededRandom;
}

/** Marsaglia's 32-bit xorshift, which is plenty for choosing what to try next. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = (Math.imul(seed, 0x9e37_79b1) ^ 0x85eb_ca6b) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let turn = 0; turn < 8; turn += 1) next();
  const whole = (below: number): number => next() % below;
  return {
    whole,
    pick: (items) => items[whole(items.length)] ?? items[0],
    chance: (percent) => whole(100) < percent,
    fork: () => createSeededRandom(next()),
  };
}
