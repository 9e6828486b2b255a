import type { Replica } from '@tessera/cli';
import { createSeededRandom } from '../../linearizability/seeded-random.ts';

/** Whom an upgrade replaces when, one process at a time. */
export interface Order {
  readonly name: string;
  arrange(processes: readonly Replica[]): readonly Replica[];
}

/** From those that are called by nobody to those that all depend on. */
const CALLERS_FIRST = ['authorize', 'token', 'events', 'federation', 'keys', 'storage'];

function byService(services: readonly string[]): Order['arrange'] {
  return (processes) =>
    processes.toSorted((one, other) => services.indexOf(one.service) - services.indexOf(other.service));
}

/** Every caller is newer than what it calls, while it lasts. */
export const callersFirst: Order = {
  name: 'authorize first and storage last',
  arrange: byService(CALLERS_FIRST),
};

/** Every caller is older than what it calls, while it lasts. */
export const storesFirst: Order = {
  name: 'storage first and authorize last',
  arrange: byService(CALLERS_FIRST.toReversed()),
};

/** Any order, replica by replica. */
export function shuffled(seed: number): Order {
  return {
    name: `in the order of seed ${seed}`,
    arrange(processes) {
      const random = createSeededRandom(seed);
      const weighed = processes.map((replica) => ({ replica, weight: random.whole(2 ** 30) }));
      return weighed.toSorted((one, other) => one.weight - other.weight).map(({ replica }) => replica);
    },
  };
}
