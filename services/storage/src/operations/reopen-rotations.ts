import type { Clock } from '@tessera/clock';
import type { RotationToReopen, StorageWriteApi } from '@tessera/contracts';
import { succeeded } from '@tessera/rpc';
import type { GrantStore } from '../ports.ts';
import { isUuid } from '../rules/stored-text.ts';
import { type Placed, runBatch } from './batch.ts';

/** What reopening needs. */
export interface ReopenRotationsOptions {
  readonly clock: Clock;
  readonly durable: GrantStore;
}

/** Reopens rotations that could not be answered, one statement for the batch. */
export function createReopenRotations({ clock, durable }: ReopenRotationsOptions): StorageWriteApi['reopenRotations'] {
  return async (rotations) => {
    const placed: Placed<RotationToReopen>[] = [];
    for (const [position, item] of rotations.entries()) {
      if (!isUuid(item.grantId) || !Number.isSafeInteger(item.generation)) continue;
      placed.push({ position, item: { ...item, grantId: item.grantId.toLowerCase() } });
    }
    const outcomes = await runBatch(placed, {
      keyOf: (item) => item.grantId,
      run: (items) => durable.reopenRotations(items, clock.now()),
    });
    return rotations.map((_, position) => outcomes.get(position) ?? succeeded(false));
  };
}
