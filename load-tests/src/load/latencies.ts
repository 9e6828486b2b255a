/** Collects latencies in milliseconds. */
export interface Latencies {
  add(ms: number): void;
  readonly count: number;
  /** The latency that the given part (0 to 1) of all operations did not exceed; 0 when there were none. */
  percentile(part: number): number;
}

/** A collection that keeps every value: four bytes an operation. */
export function createLatencies(): Latencies {
  let values = new Float32Array(1 << 16);
  let count = 0;
  let sorted: Float32Array | undefined;
  return {
    add(ms) {
      if (count === values.length) {
        const larger = new Float32Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[count] = ms;
      count += 1;
      sorted = undefined;
    },
    get count() {
      return count;
    },
    percentile(part) {
      sorted ??= values.slice(0, count).sort();
      return sorted[Math.max(0, Math.ceil(part * count) - 1)] ?? 0;
    },
  };
}
