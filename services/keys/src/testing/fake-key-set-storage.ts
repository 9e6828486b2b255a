import type { SecurityEvent } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import type { KeySetStorage } from '../ports.ts';

/** Key sets in memory, for tests: compare-and-set as the contract says, and failures on demand. */
export interface FakeKeySetStorage extends KeySetStorage {
  /** While true every call fails with `unavailable`. */
  isDown: boolean;
  readonly documents: Map<string, { version: number; payload: Uint8Array }>;
  /** How many writes were tried, and how many of them won. */
  readonly writes: { tried: number; won: number };
  /** Told with the writes that won, in order. */
  readonly events: SecurityEvent[];
}

/** An empty fake. */
export function createFakeKeySetStorage(): FakeKeySetStorage {
  const documents: FakeKeySetStorage['documents'] = new Map();
  const writes = { tried: 0, won: 0 };
  const events: SecurityEvent[] = [];
  const fake: FakeKeySetStorage = {
    isDown: false,
    documents,
    writes,
    events,
    async getKeySet(name) {
      await answer(fake);
      return documents.get(name) ?? { version: 0, payload: new Uint8Array() };
    },
    async compareAndSetKeySet(name, expectedVersion, payload, told = []) {
      await answer(fake);
      writes.tried += 1;
      if ((documents.get(name)?.version ?? 0) !== expectedVersion) return false;
      documents.set(name, { version: expectedVersion + 1, payload: Uint8Array.from(payload) });
      writes.won += 1;
      events.push(...told);
      return true;
    },
  };
  return fake;
}

async function answer(fake: FakeKeySetStorage): Promise<void> {
  await Promise.resolve();
  if (fake.isDown) throw unavailable('storage.unavailable', 'storage is down');
}
