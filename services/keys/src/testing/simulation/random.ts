/** Numbers that a seed decides. */
export interface SeededRandom {
  /** From 0 to 1, without 1. */
  unit(): number;
  /** From 0 to `below`, without it. */
  upTo(below: number): number;
  isLikely(probability: number): boolean;
  /** One of a list that has some. */
  pick<T>(list: readonly T[]): T;
}

/** A small generator of 32 bits (mulberry32): good enough to choose what happens, and the same everywhere. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    unit,
    upTo: (below) => unit() * below,
    isLikely: (probability) => unit() < probability,
    pick(list) {
      const picked = list[Math.floor(unit() * list.length)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
  };
}
