import type { Clock } from '@tessera/clock';
import type { EphemeralStore, StoreObserver } from '../../ports.ts';
import { createMemoryCodes } from './codes.ts';
import { createMemoryCounters } from './counters.ts';
import { createMemoryDevices } from './devices.ts';
import { createMemoryEntries } from './entries.ts';
import { createMemoryFlows } from './flows.ts';

/** How the store is made. */
export interface MemoryEphemeralOptions {
  readonly clock: Clock;
  /** Most of each kind: sign-ins in progress, codes, device requests, used values, … Default 50,000. */
  readonly maxEntries?: number;
  readonly onCommand?: StoreObserver;
}

const DEFAULT_MAX_ENTRIES = 50_000;

/** Short-lived state of one process. JavaScript runs one turn at a time, so every method here is atomic. */
export function createMemoryEphemeralStore(options: MemoryEphemeralOptions): EphemeralStore {
  const { clock, maxEntries = DEFAULT_MAX_ENTRIES, onCommand } = options;
  const codes = createMemoryCodes(clock, maxEntries);
  const part = { clock, maxEntries, onCommand };
  const { sweep: sweepFlows, ...flows } = createMemoryFlows(part, codes);
  const { sweep: sweepEntries, ...entries } = createMemoryEntries(part);
  const { sweep: sweepDevices, ...devices } = createMemoryDevices(part, codes);
  const { sweep: sweepCounters, ...counters } = createMemoryCounters(part);
  return {
    async ready() {},
    async close() {},
    ...flows,
    ...entries,
    ...devices,
    ...counters,
    async sweep() {
      for (const sweep of [codes.sweep, sweepFlows, sweepEntries, sweepDevices, sweepCounters]) sweep();
    },
  };
}
