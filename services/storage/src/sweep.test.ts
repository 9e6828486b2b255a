import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from './backends/memory/durable.ts';
import { createMemoryEphemeralStore } from './backends/memory/ephemeral.ts';
import { startSweep } from './sweep.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(deleteExpiredGrants: (before: Date, limit: number) => Promise<number>) {
  const clock = createFakeClock();
  const warnings: string[] = [];
  const sweep = startSweep({
    clock,
    ephemeral: createMemoryEphemeralStore({ clock }),
    durable: { ...createMemoryDurableStore({ clock }), deleteExpiredGrants },
    logger: { ...silentLogger, warn: (_, message) => warnings.push(message) },
  });
  return { clock, warnings, sweep };
}

test('each minute it deletes batches until one is not full: what expired more than a day ago', async () => {
  const calls: [string, number][] = [];
  const { clock, sweep } = setUp(async (before, limit) => {
    calls.push([before.toISOString(), limit]);
    return calls.length < 3 ? limit : 1;
  });
  clock.advance(59.999);
  await settle();
  expect(calls).toEqual([]);
  clock.advance(0.001);
  await settle();
  expect(calls).toEqual(Array.from({ length: 3 }, () => ['2025-12-31T00:01:00.000Z', 500]));
  await sweep.stop();
  clock.advance(120);
  await settle();
  expect(calls).toHaveLength(3);
});

test('a failure is logged, and the next minute tries again', async () => {
  let calls = 0;
  const { clock, warnings, sweep } = setUp(async () => {
    calls += 1;
    throw new Error('down');
  });
  for (let minute = 0; minute < 2; minute += 1) {
    clock.advance(60);
    await settle();
  }
  expect([calls, warnings.length]).toEqual([2, 2]);
  await sweep.stop();
});
