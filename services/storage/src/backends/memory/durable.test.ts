import { expect, test } from 'vitest';
import { createBench } from '../../conformance/bench-api.ts';
import { durableConformance } from '../../conformance/durable.ts';
import { sampleCode } from '../../conformance/samples.ts';
import { createMemoryDurableStore } from './durable.ts';

durableConformance('memory', { open: async (options) => createMemoryDurableStore(options), isPersistent: false });

test('a full store refuses new grants, and ended ones make room', async () => {
  const bench = await createBench({
    open: async (options) => createMemoryDurableStore({ ...options, maxGrants: 1 }),
    isPersistent: false,
  });
  const first = sampleCode(await bench.putCode({ isRefreshable: false }));
  await bench.api.redeemCodes([first]);
  const [refused] = await bench.api.redeemCodes([sampleCode(await bench.putCode())]);
  expect(refused).toMatchObject({ ok: false, error: { kind: 'resource_exhausted', code: 'storage.full' } });
  bench.clock.set(new Date(first.tokensExpireAt.getTime() + 86_400_000));
  const [taken] = await bench.api.redeemCodes([sampleCode(await bench.putCode())]);
  expect(taken).toMatchObject({ ok: true, value: { type: 'redeemed' } });
});
