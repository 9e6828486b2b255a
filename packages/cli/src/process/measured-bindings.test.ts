import { TesseraError } from '@tessera/errors';
import type { RpcBinding } from '@tessera/rpc';
import { createMetrics } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createCallMetrics } from './measured-bindings.ts';

test('Calls are counted by their full name and how they ended, and answered as before', async () => {
  const metrics = createMetrics();
  const full = new TesseraError({ kind: 'resource_exhausted', code: 'rpc.queue_full', message: 'full' });
  const binding = {
    definition: { sign: { path: '/tessera.keys.v1.KeysService/Sign' } },
    methods: { sign: (request: unknown) => (request === 'full' ? Promise.reject(full) : Promise.resolve(request)) },
    allowedCallers: ['token'],
  } as unknown as RpcBinding;
  const [measured] = createCallMetrics(metrics)([binding]);
  const sign = measured?.methods['sign'] as unknown as (request: string) => Promise<unknown>;
  expect(measured?.allowedCallers).toEqual(['token']);
  expect(await sign('a')).toBe('a');
  await expect(sign('full')).rejects.toBe(full);
  const lines = (await metrics.exposition()).body.split('\n');
  const method = 'method="tessera.keys.v1.KeysService/Sign"';
  expect(lines.filter((line) => line.startsWith('tessera_rpc_calls_total{'))).toEqual([
    `tessera_rpc_calls_total{${method},outcome="ok"} 1`,
    `tessera_rpc_calls_total{${method},outcome="resource_exhausted"} 1`,
  ]);
  expect(lines).toContain(`tessera_rpc_call_seconds_count{${method}} 2`);
});
