/** How many items of a batch are under way at a time. */
const MAX_AT_ONCE = 32;

/**
 * Works on all items, several at a time, and gives the results in order. Where some fail all are finished first, and the
 * first error is thrown.
 */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const errors: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(items[index] as T);
      } catch (thrown) {
        errors.push(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_AT_ONCE, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
  return results;
}

/** A list in parts of at most `size`. */
export function inChunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
