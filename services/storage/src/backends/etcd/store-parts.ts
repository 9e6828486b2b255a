import type { Clock } from '@tessera/clock';
import type { StoreObserver } from '../../ports.ts';
import type { CompareAndSet } from './compare-and-set.ts';
import type { EtcdConnection } from './connection.ts';
import type { EventSteps } from './event-steps.ts';
import type { Keyspace } from './keyspace.ts';

/** What every part of the store works with. */
export interface StoreParts {
  readonly connection: EtcdConnection;
  readonly keys: Keyspace;
  readonly changes: CompareAndSet;
  readonly eventSteps: EventSteps;
  readonly clock: Clock;
  /** Told of every operation; throws while the store is not ready. */
  readonly begin: StoreObserver;
}
