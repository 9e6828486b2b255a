/** The last output of a process, bounded. */
export interface OutputRing {
  /** Adds a piece of output; the oldest characters fall out when the ring is full. */
  append(text: string): void;
  /** Everything that is still in the ring. */
  text(): string;
}

/** Creates an {@link OutputRing} that keeps the last `maxCharacters` characters (65,536 when left out). */
export function createOutputRing(maxCharacters = 65_536): OutputRing {
  let kept = '';
  return {
    append(text) {
      kept = (kept + text).slice(-maxCharacters);
    },
    text: () => kept,
  };
}
