import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimLanes, type LaneShares, lanesOf, noLaneShares, releaseLanes } from './lane-shares.ts';
import { LANES } from './lanes.ts';

const WORKERS = ['a', 'b', 'c', 'd', 'e'];
const LEASE_SECONDS = 30;

interface Step {
  readonly type: 'claim' | 'release';
  readonly worker: string;
  readonly waitSeconds: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.constantFrom('claim', 'claim', 'claim', 'release'),
  worker: fc.constantFrom(...WORKERS),
  waitSeconds: fc.constantFrom(0, 1, 10, 29.999, 30, 31),
});

/** Plays steps; tells of every claim which lanes another living worker held just before. */
function play(steps: readonly Step[]) {
  let shares: LaneShares = noLaneShares;
  let nowMs = 0;
  for (const { type, worker, waitSeconds } of steps) {
    nowMs += waitSeconds * 1000;
    const before = shares;
    if (type === 'release') shares = releaseLanes(shares, worker);
    else {
      shares = claimLanes(shares, { workerId: worker, leaseSeconds: LEASE_SECONDS }, new Date(nowMs));
      for (const lane of lanesOf(shares, worker)) {
        const owner = before.lanes[lane] ?? null;
        const isFree = owner === null || owner === worker || (before.workers[owner] ?? 0) <= nowMs;
        expect(isFree).toBe(true);
      }
    }
  }
  return { shares, nowMs };
}

test('no lane is ever taken from a worker whose lease has not ended', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => void play(steps)));
});

test('whatever happened, after two rounds the living workers have all lanes in fair shares, and after that nothing moves', () => {
  const living = fc.uniqueArray(fc.constantFrom(...WORKERS), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), living, (steps, workers) => {
      let { shares, nowMs } = play(steps);
      nowMs += LEASE_SECONDS * 1000;
      const round = (): void => {
        for (const workerId of workers) {
          shares = claimLanes(shares, { workerId, leaseSeconds: LEASE_SECONDS }, new Date(nowMs));
        }
      };
      for (let count = 0; count < 3; count += 1) round();
      const counts = workers.map((worker) => lanesOf(shares, worker).length);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(LANES);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      expect(Object.keys(shares.workers).toSorted()).toEqual(workers.toSorted());
      const settled = shares;
      round();
      expect(shares).toEqual(settled);
    }),
  );
});

test('more workers than lanes: the rest wait', () => {
  let shares = noLaneShares;
  const workers = Array.from({ length: LANES + 4 }, (_, index) => `w${String(index).padStart(2, '0')}`);
  for (let round = 0; round < 3; round += 1) {
    for (const workerId of workers) shares = claimLanes(shares, { workerId, leaseSeconds: 30 }, new Date(0));
  }
  const counts = workers.map((worker) => lanesOf(shares, worker).length);
  expect(counts).toEqual(workers.map((_, index) => (index < LANES ? 1 : 0)));
});

test('a worker with the name of something else is a worker', () => {
  for (const workerId of ['__proto__', 'constructor', 'toString']) {
    const shares = claimLanes(noLaneShares, { workerId, leaseSeconds: 30 }, new Date(0));
    expect(lanesOf(shares, workerId)).toHaveLength(LANES);
    const json = JSON.parse(JSON.stringify(shares)) as LaneShares;
    const again = claimLanes(json, { workerId: 'b', leaseSeconds: 30 }, new Date(1));
    expect(lanesOf(again, workerId)).toHaveLength(LANES);
    expect(lanesOf(releaseLanes(again, workerId), workerId)).toEqual([]);
  }
});
