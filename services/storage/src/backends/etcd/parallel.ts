import { failed, type Outcome, succeeded } from '@tessera/rpc';
import { PartialFailure } from '../../rules/partial-failure.ts';

/** How many items of a batch are under way at a time. */
const MAX_AT_ONCE = 32;

/**
 * Works on all items, several at a time, and gives the results in order.
 *
 * @throws PartialFailure when some of several fail, all being finished first; of a single one its own error.
 */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const outcomes: Outcome<R>[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      outcomes[index] = await work(items[index] as T).then(succeeded, failed);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_AT_ONCE, items.length) }, worker));
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw outcomes.length === 1 ? outcome.error : new PartialFailure(outcomes);
    return outcome.value;
  });
}

/** A list in parts of at most `size`. */
export function inChunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
