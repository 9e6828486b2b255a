const READS = 3_000_000;

/**
 * Nanoseconds until a read of memory is there that lies anywhere in so many bytes, when the next one depends on it: what each
 * look at something that no cache of the processor holds costs on this machine.
 */
export function measureMemoryLatencyNs(bytes: number): number {
  const words = new Uint32Array(bytes / Uint32Array.BYTES_PER_ELEMENT);
  words.fill(1);
  const read = (count: number): number => {
    let [place, sum] = [0, 0];
    for (let reads = 0; reads < count; reads += 1) {
      // Numerical Recipes' generator; what was read decides where to read next.
      place = (Math.imul(place, 1_664_525) + 1_013_904_222 + (words[(place >>> 4) % words.length] ?? 0)) >>> 0;
      sum ^= place;
    }
    return sum;
  };
  read(READS / 10);
  const startedMs = performance.now();
  read(READS);
  return ((performance.now() - startedMs) * 1e6) / READS;
}
