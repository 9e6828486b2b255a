import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { storeRetired } from './rules/store-errors.ts';
import { type SweepOptions, startSweep } from './sweep.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

type Stores = SweepOptions['durable'] & SweepOptions['ephemeral'];

function setUp(overrides: Partial<Stores> = {}) {
  const clock = createFakeClock();
  const warnings: string[] = [];
  const stores: Stores = {
    sweep: async () => undefined,
    deleteEndedGrants: async () => 0,
    deleteExpiredRecords: async () => 0,
    ...overrides,
  };
  const sweep = startSweep({
    clock,
    ephemeral: stores,
    durable: stores,
    logger: { ...silentLogger, warn: (_, message) => warnings.push(message) },
  });
  /** Passes time in small steps, letting what is under way go on in each. */
  const pass = async (seconds: number, steps = 1) => {
    for (let step = 0; step < steps; step += 1) {
      clock.advance(seconds / steps);
      await settle();
    }
  };
  return { clock, warnings, sweep, pass };
}

test('once a minute it removes what ended more than a day ago and what expired more than a minute ago', async () => {
  const calls: [string, string, number][] = [];
  const note = (name: string) => async (before: Date, limit: number) => {
    calls.push([name, before.toISOString(), limit]);
    return 0;
  };
  const { sweep, pass } = setUp({
    sweep: async () => void calls.push(['ephemeral', '', 0]),
    deleteEndedGrants: note('grants'),
    deleteExpiredRecords: note('records'),
  });
  await pass(59.999);
  expect(calls).toEqual([]);
  await pass(0.001);
  expect(calls).toEqual([
    ['ephemeral', '', 0],
    ['grants', '2025-12-31T00:01:00.000Z', 1000],
    ['records', '2026-01-01T00:00:00.000Z', 1000],
  ]);
  await pass(60);
  expect(calls).toHaveLength(6);
  await sweep.stop();
  await pass(120);
  expect(calls).toHaveLength(6);
});

test('a full batch is followed by the next at once, so that a hundred thousand ended grants are gone within a minute', async () => {
  let left = 100_000;
  const { sweep, pass } = setUp({
    async deleteEndedGrants(_, limit) {
      const deleted = Math.min(left, limit);
      left -= deleted;
      return deleted;
    },
  });
  await pass(60);
  expect(left).toBe(99_000);
  await pass(2.1, 105);
  expect(left).toBe(0);
  await sweep.stop();
});

test('after a batch it rests as long as the batch took', async () => {
  const starts: number[] = [];
  const { clock, sweep, pass } = setUp({
    async deleteEndedGrants(_, limit) {
      starts.push(clock.monotonicMs());
      // The statement takes three seconds.
      await new Promise<void>((resolve) => void clock.schedule(3000, resolve));
      return starts.length < 3 ? limit : 0;
    },
  });
  await pass(60);
  await pass(15, 150);
  expect(starts).toEqual([60_000, 66_000, 72_000]);
  await sweep.stop();
});

test('whoever has nothing to do waits for the next minute, as a replica does while another one sweeps', async () => {
  let calls = 0;
  const { sweep, pass } = setUp({
    async deleteEndedGrants() {
      calls += 1;
      return 0;
    },
  });
  await pass(119, 119);
  expect(calls).toBe(1);
  await sweep.stop();
});

test('a failure is logged, does not keep the rest from being swept, and the next minute tries again', async () => {
  let records = 0;
  const { warnings, sweep, pass } = setUp({
    deleteEndedGrants: async () => Promise.reject(new Error('down')),
    async deleteExpiredRecords() {
      records += 1;
      return 0;
    },
  });
  await pass(120, 2);
  expect([records, warnings.length]).toEqual([2, 2]);
  await sweep.stop();
});

test('a store that moved elsewhere is left alone without a word each minute', async () => {
  const { warnings, sweep, pass } = setUp({ deleteEndedGrants: async () => Promise.reject(storeRetired()) });
  await pass(120, 2);
  expect(warnings).toEqual([]);
  await sweep.stop();
});

test('stopping waits for the statement under way and starts no other', async () => {
  let finish: (deleted: number) => void = () => undefined;
  let calls = 0;
  const { sweep, pass } = setUp({
    deleteEndedGrants(_, limit) {
      calls += 1;
      return new Promise((resolve) => {
        finish = () => resolve(limit);
      });
    },
  });
  await pass(60);
  let isStopped = false;
  const stopped = sweep.stop().then(() => {
    isStopped = true;
  });
  await settle();
  expect(isStopped).toBe(false);
  finish(0);
  await stopped;
  expect(calls).toBe(1);
});
