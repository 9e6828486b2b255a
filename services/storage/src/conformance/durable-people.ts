import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness } from './bench-api.ts';
import { AWKWARD_TEXT, sampleUser } from './samples.ts';

/** What every durable store has to do with stored people. */
export function peopleSuite(harness: DurableHarness): void {
  describe('people', () => {
    test('a person is found by email in any case, replaced and deleted', async () => {
      const bench = await createBench(harness);
      const identity = { ...sampleUser().identity, username: AWKWARD_TEXT };
      await bench.putUser(sampleUser({ email: 'Jane@EXAMPLE.org', identity }));
      expect(await bench.api.findUser('jANE@example.org')).toEqual(sampleUser({ identity }));
      await bench.putUser(sampleUser({ isEnabled: false }));
      expect(await bench.api.findUser('jane@example.org')).toEqual(sampleUser({ isEnabled: false }));
      expect(await bench.deleteUser('Jane@example.org')).toBe(true);
      expect(await bench.deleteUser('Jane@example.org')).toBe(false);
      expect(await bench.api.findUser('jane@example.org')).toBeUndefined();
      expect(await bench.api.findUser('jane\0@example.org')).toBeUndefined();
      expect(await bench.api.findUser("' OR 1=1 --")).toBeUndefined();
      await bench.durable.close();
    });
  });
}
