import { failed, type Outcome } from '@tessera/rpc';
import { type Placed, runRound } from './batch.ts';

/** How the items of a batch are checked and reach a store. */
export interface CheckedBatchOptions<Q, S> {
  /** Throws for an item that cannot be accepted; it fails alone. */
  readonly check: (item: Q) => void;
  /** One statement or command: as many answers as items, in order. */
  readonly run: (items: readonly Q[]) => Promise<readonly S[]>;
}

/** Runs the acceptable items of a batch together, in order, and fails the others each for itself. */
export async function runChecked<Q, S>(
  items: readonly Q[],
  { check, run }: CheckedBatchOptions<Q, S>,
): Promise<readonly Outcome<S>[]> {
  const refusals = new Map<number, Outcome<S>>();
  const accepted: Placed<Q>[] = [];
  for (const [position, item] of items.entries()) {
    try {
      check(item);
      accepted.push({ position, item });
    } catch (thrown) {
      refusals.set(position, failed(thrown));
    }
  }
  const outcomes = await runRound(accepted, run);
  return items.map(
    (_, position) =>
      outcomes.get(position) ?? refusals.get(position) ?? failed(new Error('an item without an outcome')),
  );
}
