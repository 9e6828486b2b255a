import type { SecurityEvent } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import type { KeySetStorage } from '../ports.ts';

/** Key sets in memory, for tests: compare-and-set and waiting as the contract says, the latter without end, and failures on demand. */
export interface FakeKeySetStorage extends KeySetStorage {
  /** While true every call fails with `unavailable`. */
  isDown: boolean;
  /** While true every write is done, and its answer is lost. */
  losesAnswers: boolean;
  readonly documents: Map<string, { version: number; payload: Uint8Array }>;
  /** How many times key sets were asked for. */
  readonly reads: { count: number };
  /** How many writes were tried, and how many of them won. */
  readonly writes: { tried: number; won: number };
  /** Told with the writes that won, in order. */
  readonly events: SecurityEvent[];
}

/** An empty fake. */
export function createFakeKeySetStorage(): FakeKeySetStorage {
  const documents: FakeKeySetStorage['documents'] = new Map();
  const writes = { tried: 0, won: 0 };
  const reads = { count: 0 };
  const waiting = new Set<() => void>();
  const events: SecurityEvent[] = [];
  const fake: FakeKeySetStorage = {
    isDown: false,
    losesAnswers: false,
    documents,
    reads,
    writes,
    events,
    async getKeySet(name, knownVersion = 0) {
      reads.count += 1;
      await answer(fake);
      while (knownVersion !== 0 && documents.get(name)?.version === knownVersion) {
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
      return documents.get(name) ?? { version: 0, payload: new Uint8Array() };
    },
    async compareAndSetKeySet(name, expectedVersion, payload, told = []) {
      await answer(fake);
      writes.tried += 1;
      if ((documents.get(name)?.version ?? 0) !== expectedVersion) return false;
      documents.set(name, { version: expectedVersion + 1, payload: Uint8Array.from(payload) });
      writes.won += 1;
      events.push(...told);
      for (const resolve of waiting) resolve();
      waiting.clear();
      if (fake.losesAnswers) throw unavailable('storage.unavailable', 'the answer is lost');
      return true;
    },
  };
  return fake;
}

async function answer(fake: FakeKeySetStorage): Promise<void> {
  await Promise.resolve();
  if (fake.isDown) throw unavailable('storage.unavailable', 'storage is down');
}
