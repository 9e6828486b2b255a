import { runInContext } from '@tessera/telemetry';
import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness } from './bench-api.ts';
import { sampleClient } from './samples.ts';

/** What every durable store has to do with stored clients. */
export function clientsSuite(harness: DurableHarness): void {
  describe('clients', () => {
    test('clients come back as they were, with a version that changes with each change', async () => {
      const bench = await createBench(harness);
      const before = await bench.api.listClients();
      expect(before.clients).toEqual([]);
      await bench.putClient(sampleClient('a'));
      const after = await bench.api.listClients({ knownVersion: before.version });
      expect(after.version).not.toBe(before.version);
      expect(after.clients).toHaveLength(1);
      const [client] = after.clients ?? [];
      expect({ ...client, secrets: [] }).toEqual({ ...sampleClient('a'), secrets: [] });
      expect(client?.secrets.map(({ hash }) => [...hash])).toEqual([[3, 255], [5]]);
      expect(client?.secrets[1]?.expiresAt).toEqual(sampleClient('a').secrets[1]?.expiresAt);
      expect(await bench.deleteClient('a')).toBe(true);
      expect(await bench.deleteClient('a')).toBe(false);
      const last = await bench.api.listClients({ knownVersion: after.version });
      expect(last.clients).toEqual([]);
      expect(last.version).not.toBe(after.version);
      await bench.durable.close();
    });

    test('a caller who knows the version is answered without clients when their deadline is near', async () => {
      const bench = await createBench(harness);
      const { version } = await bench.api.listClients();
      const context = { requestId: 'test', deadlineMs: bench.clock.monotonicMs() + 500 };
      expect(await runInContext(context, () => bench.api.listClients({ knownVersion: version }))).toEqual({ version });
      await bench.durable.close();
    });
  });
}
