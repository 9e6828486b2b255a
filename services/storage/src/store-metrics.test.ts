import { createFakeClock } from '@tessera/clock';
import { createMetrics } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createMemoryEphemeralStore } from './backends/memory/ephemeral.ts';
import type { EphemeralStore } from './ports.ts';
import { storeUnavailable } from './rules/store-errors.ts';
import { createStoreMetrics } from './store-metrics.ts';

const entry = { kind: 'pushed_request', id: 'a', owner: '' } as const;

test('What a store is asked for is counted by its name and how it ended, and answered as before', async () => {
  const metrics = createMetrics();
  const memory = createMemoryEphemeralStore({ clock: createFakeClock() });
  const lost = storeUnavailable('Redis');
  const broken: EphemeralStore = { ...memory, findDevice: () => Promise.reject(lost) };
  const store = createStoreMetrics(metrics)(broken, 'ephemeral');
  await store.ready();
  await store.putEntry(entry, new Uint8Array([7]), 60);
  expect(await store.takeEntry(entry)).toEqual(new Uint8Array([7]));
  await expect(store.findDevice('BDWP')).rejects.toBe(lost);
  await store.close();
  const lines = (await metrics.exposition()).body.split('\n');
  expect(lines.filter((line) => line.startsWith('tessera_storage_operations_total{'))).toEqual([
    'tessera_storage_operations_total{store="ephemeral",operation="putEntry",outcome="ok"} 1',
    'tessera_storage_operations_total{store="ephemeral",operation="takeEntry",outcome="ok"} 1',
    'tessera_storage_operations_total{store="ephemeral",operation="findDevice",outcome="unavailable"} 1',
  ]);
  expect(lines).toContain('tessera_storage_operation_seconds_count{store="ephemeral"} 3');
});
