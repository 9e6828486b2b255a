import { failed, type Outcome, succeeded } from '@tessera/rpc';
import { PartialFailure } from '../rules/partial-failure.ts';
import { splitIntoRounds } from './rounds.ts';

/** An item of a batch and its place in it. */
export interface Placed<T> {
  readonly position: number;
  readonly item: T;
}

/** How the items of a batch reach a store. */
export interface BatchOptions<Q, S> {
  /** Items with the same key are answered one after the other. */
  readonly keyOf: (item: Q) => string;
  /** One statement: as many answers as items, in order. */
  readonly run: (items: readonly Q[]) => Promise<readonly S[]>;
}

/** Runs items in as many rounds as their keys need, as {@link runRound} does each. */
export async function runBatch<Q, S>(
  placed: readonly Placed<Q>[],
  { keyOf, run }: BatchOptions<Q, S>,
): Promise<Map<number, Outcome<S>>> {
  const outcomes = new Map<number, Outcome<S>>();
  for (const round of splitIntoRounds(placed, ({ item }) => keyOf(item))) {
    for (const [position, outcome] of await runRound(round, run)) outcomes.set(position, outcome);
  }
  return outcomes;
}

/** Runs items in one statement. When it fails, all of them do, but those of which the store says that they were done. */
export async function runRound<Q, S>(
  round: readonly Placed<Q>[],
  run: BatchOptions<Q, S>['run'],
): Promise<Map<number, Outcome<S>>> {
  if (round.length === 0) return new Map();
  try {
    const answers = await run(round.map(({ item }) => item));
    return new Map(
      round.map(({ position }, index) => [
        position,
        index < answers.length ? succeeded(answers[index] as S) : failed(new Error('the store answered short')),
      ]),
    );
  } catch (thrown) {
    const outcomeAt = (index: number): Outcome<S> =>
      thrown instanceof PartialFailure ? thrown.outcomeAt(index) : failed(thrown);
    return new Map(round.map(({ position }, index) => [position, outcomeAt(index)]));
  }
}
