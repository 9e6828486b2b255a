import { createFakeClock } from '@tessera/clock';
import { describe, expect, it } from 'vitest';
import { createFakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { startTestService, waitUntil } from '../testing/test-service.ts';
import { startStorageWatch } from './storage-watch.ts';

describe('the watch of storage', () => {
  it('a change reaches a replica within two seconds, and one that has nothing to learn asks four times a minute at most', async () => {
    const [storage, clock] = [createFakeKeySetStorage(), createFakeClock()];
    const service = await startTestService({ storage, clock });
    await service.ready();
    clock.advance(1);
    await waitUntil(() => storage.reads.count > 0);
    const settled = storage.reads.count;
    for (let second = 0; second < 600; second += 1) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Two documents every thirty seconds, and one question that stays open: fake storage never ends it.
    expect(storage.reads.count - settled).toBeLessThanOrEqual(40 + 1);
    const { version = 0, payload = new Uint8Array() } = storage.documents.get('signing') ?? {};
    const before = storage.reads.count;
    await storage.compareAndSetKeySet('signing', version, payload);
    clock.advance(1);
    await waitUntil(() => storage.reads.count > before);
    await service.close();
  });

  it('a change that cannot be taken over is looked at every five seconds', async () => {
    const clock = createFakeClock();
    let changes = 0;
    const storage = { getKeySet: async () => ({ version: 2, payload: new Uint8Array() }) };
    const onChange = async () => {
      changes += 1;
    };
    const watch = startStorageWatch({ storage, name: 'signing', knownVersion: () => 1, clock, onChange });
    for (let second = 0; second < 20; second += 1) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(changes).toBeGreaterThanOrEqual(3);
    expect(changes).toBeLessThanOrEqual(5);
    watch.close();
  });

  it('storage that answers at once is asked once a second, one that fails every five', async () => {
    const clock = createFakeClock();
    let asked = 0;
    let fails = false;
    const getKeySet = async () => {
      asked += 1;
      if (fails) throw new Error('down');
      return { version: 1, payload: new Uint8Array() };
    };
    const options = { name: 'signing', knownVersion: () => 1, clock, onChange: () => Promise.resolve() };
    const watch = startStorageWatch({ ...options, storage: { getKeySet } });
    const passSeconds = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await passSeconds(10);
    expect(asked).toBe(10);
    fails = true;
    await passSeconds(10);
    expect(asked).toBeLessThanOrEqual(13);
    watch.close();
    await passSeconds(10);
    expect(asked).toBeLessThanOrEqual(13);
  });
});
