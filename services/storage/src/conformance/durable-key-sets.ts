import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness } from './bench-api.ts';
import { freshId } from './samples.ts';

/** What every durable store has to do with key sets. */
export function keySetsSuite(harness: DurableHarness): void {
  describe('key sets', () => {
    test('a key set is set from version to version', async () => {
      const bench = await createBench(harness);
      const name = freshId();
      expect(await bench.api.getKeySet(name)).toMatchObject({ version: 0 });
      expect((await bench.api.getKeySet(name)).payload).toHaveLength(0);
      expect(await bench.api.compareAndSetKeySet(name, 1, Uint8Array.of(9))).toBe(false);
      expect(await bench.api.compareAndSetKeySet(name, 0, Uint8Array.of(1, 255))).toBe(true);
      expect(await bench.api.compareAndSetKeySet(name, 0, Uint8Array.of(9))).toBe(false);
      expect(await bench.api.compareAndSetKeySet(name, 1, Uint8Array.of(2, 0))).toBe(true);
      const { version, payload } = await bench.api.getKeySet(name);
      expect([version, ...payload]).toEqual([2, 2, 0]);
      await bench.durable.close();
    });

    test('of 100 callers with one version one wins, for the first version and for the next', async () => {
      const bench = await createBench(harness);
      const name = freshId();
      for (const expectedVersion of [0, 1]) {
        const calls = Array.from({ length: 100 }, (_, index) =>
          bench.api.compareAndSetKeySet(name, expectedVersion, Uint8Array.of(index)),
        );
        const wins = (await Promise.all(calls)).flatMap((isSet, index) => (isSet ? [index] : []));
        expect(wins).toHaveLength(1);
        const { version, payload } = await bench.api.getKeySet(name);
        expect([version, ...payload]).toEqual([expectedVersion + 1, wins[0]]);
      }
      await bench.durable.close();
    });
  });
}
