import { describe, expect, test } from 'vitest';
import { type Bench, createBench, type DurableHarness } from './bench-api.ts';
import { allLanes, drain, sampleEvent } from './durable-samples.ts';
import { freshId } from './samples.ts';

/** Takes as a worker; says its lanes. */
async function take({ api }: Bench, workerId: string): Promise<readonly number[]> {
  return (await api.takeEvents({ workerId, leaseSeconds: 30, limit: 100 })).lanes;
}

/** A bench whose lanes are nobody's and whose outbox is empty. */
async function setUp(harness: DurableHarness): Promise<Bench> {
  const bench = await createBench(harness);
  await drain(bench);
  await bench.durable.removeRecords([{ kind: 'lease', id: 'outbox', events: [] }], bench.clock.now());
  return bench;
}

/** How the events are handed to the workers that carry them on. */
export function lanesSuite(harness: DurableHarness): void {
  describe('workers at the outbox', () => {
    test('one worker has all lanes, and gets what waits until it is settled', async () => {
      const bench = await setUp(harness);
      const events = Array.from({ length: 5 }, () => sampleEvent(freshId()));
      const outcomes = await bench.api.appendEvents(events);
      expect(outcomes.every(({ ok }) => ok)).toBe(true);
      const request = { workerId: 'a', leaseSeconds: 30, limit: 100 };
      const first = await bench.api.takeEvents(request);
      expect(first.lanes).toEqual(allLanes);
      expect(first.events.map(({ event }) => event.id).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
      expect(first.backlog).toMatchObject({ waiting: 5, parked: 0 });
      expect((await bench.api.takeEvents(request)).events).toEqual(first.events);
      const positions = first.events.map(({ position }) => position);
      const settled = {
        published: positions.slice(0, 3),
        parked: [{ position: positions[3] ?? '', reason: 'refused \0 \ud800' }],
      };
      await bench.api.settleEvents(settled);
      await bench.api.settleEvents(settled);
      const rest = await bench.api.takeEvents(request);
      expect(rest.events).toEqual(first.events.slice(4));
      expect(rest.backlog).toMatchObject({ waiting: 1, parked: 1 });
      const parked = await bench.api.listParkedEvents({ limit: 10 });
      expect(parked.items.map(({ position }) => position)).toEqual(positions.slice(3, 4));
      expect(await bench.api.retryParkedEvents([])).toBe(0);
      expect(await bench.api.retryParkedEvents(positions)).toBe(1);
      expect((await bench.api.takeEvents(request)).events).toHaveLength(2);
      await drain(bench);
      await bench.durable.close();
    });

    test('two and three workers come to fair shares without ever sharing a lane', async () => {
      const bench = await setUp(harness);
      expect(await take(bench, 'a')).toHaveLength(16);
      expect(await take(bench, 'b')).toEqual([]);
      const [a, b] = [await take(bench, 'a'), await take(bench, 'b')];
      expect([a.length, b.length]).toEqual([8, 8]);
      expect([...a, ...b].toSorted((left, right) => left - right)).toEqual(allLanes);
      for (let round = 0; round < 3; round += 1) {
        const held = [await take(bench, 'c'), await take(bench, 'a'), await take(bench, 'b')];
        if (round === 2) {
          expect(held.map(({ length }) => length).toSorted((left, right) => left - right)).toEqual([5, 5, 6]);
          expect(held.flat().toSorted((left, right) => left - right)).toEqual(allLanes);
        }
      }
      await bench.durable.close();
    });

    test('workers that come all at once hold no lane twice, and all lanes soon', async () => {
      const bench = await setUp(harness);
      const names = ['a', 'b', 'c', 'd'];
      let held: (readonly number[])[] = [];
      for (let round = 0; round < 3; round += 1) held = await Promise.all(names.map((name) => take(bench, name)));
      const lanes = held.flat();
      expect(new Set(lanes).size).toBe(lanes.length);
      expect(lanes).toHaveLength(16);
      await bench.durable.close();
    });

    test('the lanes of a worker that gives no sign of life go to the others when its lease ends, not before', async () => {
      const bench = await setUp(harness);
      await take(bench, 'a');
      await take(bench, 'b');
      await take(bench, 'a');
      expect(await take(bench, 'b')).toHaveLength(8);
      bench.clock.advance(15);
      await take(bench, 'b');
      bench.clock.advance(14.999);
      expect(await take(bench, 'b')).toHaveLength(8);
      bench.clock.advance(0.001);
      expect(await take(bench, 'b')).toHaveLength(16);
      expect(await take(bench, 'a')).toEqual([]);
      await bench.durable.close();
    });

    test('a worker that ends gives its lanes back at once, and only its own', async () => {
      const bench = await setUp(harness);
      await take(bench, 'a');
      await take(bench, 'b');
      await take(bench, 'a');
      await take(bench, 'b');
      await bench.api.releaseLanes('a');
      await bench.api.releaseLanes('a');
      await bench.api.releaseLanes('never-there');
      expect(await take(bench, 'b')).toHaveLength(16);
      await bench.durable.close();
    });

    test('a worker gets the events of its lanes alone', async () => {
      const bench = await setUp(harness);
      const ids = Array.from({ length: 50 }, () => sampleEvent(freshId()));
      await bench.api.appendEvents(ids);
      await take(bench, 'a');
      await take(bench, 'b');
      const request = { leaseSeconds: 30, limit: 1000 };
      const [a, b] = [
        await bench.api.takeEvents({ ...request, workerId: 'a' }),
        await bench.api.takeEvents({ ...request, workerId: 'b' }),
      ];
      const taken = [...a.events, ...b.events].map(({ event }) => event.id);
      expect(taken.toSorted()).toEqual(ids.map(({ id }) => id).toSorted());
      await drain(bench);
      await bench.durable.close();
    });

    test('a busy worker writes its lease once a second at most', async () => {
      const bench = await setUp(harness);
      await take(bench, 'a');
      bench.counted();
      await take(bench, 'a');
      bench.clock.advance(0.999);
      await take(bench, 'a');
      expect(bench.counted().filter((name) => name === 'write_records')).toEqual([]);
      bench.clock.advance(0.001);
      await take(bench, 'a');
      expect(bench.counted().filter((name) => name === 'write_records')).toHaveLength(1);
      await bench.durable.close();
    });
  });
}
