import { describe } from 'vitest';
import type { EphemeralStore, StoreObserver } from '../ports.ts';
import { attemptsSuite, countersInTime, usedValuesSuite } from './ephemeral-counters.ts';
import { devicesInTime, devicesSuite } from './ephemeral-devices.ts';
import { entriesInTime, entriesSuite } from './ephemeral-entries.ts';
import { flowsInTime, flowsSuite } from './ephemeral-flows.ts';

/** How the suite gets hold of the ephemeral store under test. */
export interface EphemeralHarness {
  open(onCommand: StoreObserver): Promise<EphemeralStore>;
  /** Lets `seconds` pass for the store. */
  pass(seconds: number): Promise<void>;
  /** The least lifetime the harness can let pass exactly. */
  readonly shortTtlSeconds: number;
  /** Whether seconds pass as they do, so that tests which need many are left out. Default false. */
  readonly isRealTime?: boolean;
}

/** Everything an ephemeral store has to do. */
export function ephemeralConformance(name: string, harness: EphemeralHarness): void {
  describe(`the ephemeral store ${name}`, () => {
    flowsSuite(harness);
    entriesSuite(harness);
    devicesSuite(harness);
    usedValuesSuite(harness);
    attemptsSuite(harness);
    // What waits for the same clock may wait together.
    describe('as time passes', { concurrent: harness.isRealTime === true }, () => {
      flowsInTime(harness);
      entriesInTime(harness);
      devicesInTime(harness);
      countersInTime(harness);
    });
  });
}
