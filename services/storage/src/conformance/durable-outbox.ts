import type { WaitingEvent } from '@tessera/contracts';
import { describe, expect, test } from 'vitest';
import { LANES, laneOf } from '../rules/lanes.ts';
import { createBench, type DurableHarness } from './bench-api.ts';
import { eventsOfChangesSuite } from './durable-outbox-changes.ts';
import { allLanes, drain, drainKey, sampleEvent } from './durable-samples.ts';
import { AWKWARD_TEXT, freshId, sampleClient } from './samples.ts';

/** What every durable store has to do with events on their way. */
export function outboxSuite(harness: DurableHarness): void {
  describe('the outbox', () => {
    eventsOfChangesSuite(harness);
    appendingSuite(harness);
    parkingSuite(harness);
  });
}

function appendingSuite(harness: DurableHarness): void {
  test('an event comes back as it was, once, however often it is appended while it waits', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const key = `${freshId()} 漢字 🏛️ '"`;
    const data = JSON.stringify({ text: AWKWARD_TEXT, long: 'x'.repeat(10_000) });
    const event = sampleEvent(key, { data });
    await bench.durable.appendEvents([event, sampleEvent(key)]);
    await bench.durable.appendEvents([event]);
    await bench.durable.appendEvents([{ ...event, data: '{}' }, sampleEvent(key)]);
    const waiting = await bench.durable.readEvents([laneOf(key)], 100);
    expect(waiting).toHaveLength(3);
    expect({ ...waiting[0]?.event, data: '' }).toEqual({ ...event, data: '' });
    expect(JSON.parse(waiting[0]?.event.data ?? '')).toEqual(JSON.parse(data));
    await drain(bench);
    await bench.durable.close();
  });

  test('100 who append one event at once append it once, and the batches of the others whole', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const [key, shared] = [freshId(), sampleEvent(freshId())];
    const calls = Array.from({ length: 100 }, () => bench.durable.appendEvents([shared, sampleEvent(key)]));
    await Promise.all(calls);
    const ids = (await drain(bench)).map(({ event }) => event.id);
    expect(ids.filter((id) => id === shared.id)).toHaveLength(1);
    expect(new Set(ids).size).toBe(101);
    await bench.durable.close();
  });

  test('events of one key keep the order in which they came, whatever their time; a limit cuts the end off', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const keys = Array.from({ length: 5 }, () => freshId());
    const events = Array.from({ length: 60 }, (_, index) =>
      sampleEvent(keys[index % 5] ?? '', {
        data: JSON.stringify({ n: index }),
        time: new Date(Date.UTC(2026, 0, 1) - index * 1000),
      }),
    );
    for (let start = 0; start < events.length; start += 4) {
      await bench.durable.appendEvents(events.slice(start, start + 4));
    }
    const first = await bench.durable.readEvents(allLanes, 7);
    expect(first).toHaveLength(7);
    expect(await bench.durable.readEvents(allLanes, 7)).toEqual(first);
    const drained = (await drain(bench)).map(({ event }) => event);
    for (const key of keys) {
      const numbers = drained.filter((event) => event.key === key).map(({ data }) => JSON.parse(data).n as number);
      expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
      expect(numbers).toHaveLength(12);
    }
    await bench.durable.close();
  });

  test('an event is in the lane of its key and in no other', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const keys = Array.from({ length: 40 }, () => freshId());
    await bench.durable.appendEvents(keys.map((key) => sampleEvent(key)));
    for (let lane = 0; lane < LANES; lane += 1) {
      const found = await bench.durable.readEvents([lane], 100);
      const expected = keys.filter((key) => laneOf(key) === lane);
      expect(found.map(({ event }) => event.key).toSorted()).toEqual(expected.toSorted());
    }
    await drain(bench);
    await bench.durable.close();
  });

  test('a lane is read to its end in pages, each behind the last position of the one before', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const keys = [freshId(), freshId()];
    const lane = laneOf(keys[0] ?? '');
    for (let batch = 0; batch < 5; batch += 1) {
      await bench.durable.appendEvents(keys.flatMap((key) => [sampleEvent(key), sampleEvent(key), sampleEvent(key)]));
    }
    const whole = await bench.durable.readEvents([lane], 100);
    await bench.durable.parkEvents([{ position: whole[1]?.position ?? '', reason: 'x' }], bench.clock.now());
    const paged: WaitingEvent[] = [];
    for (let isMore = true; isMore; ) {
      const page = await bench.durable.readEvents([lane], 4, paged.at(-1)?.position);
      paged.push(...page);
      isMore = page.length > 0;
    }
    expect(paged).toEqual(whole.filter((_, index) => index !== 1));
    expect(await bench.durable.readEvents([lane], 4, whole.at(-1)?.position)).toEqual([]);
    await drain(bench);
    await bench.durable.close();
  });

  test('without an events service nothing is kept, of changes neither', async () => {
    const bench = await createBench(harness, { hasOutbox: false });
    await drain(bench);
    const { id: grantId } = await bench.putGrant();
    await bench.api.revokeGrants([{ grantId, reason: 'x' }]);
    const clientId = freshId();
    await bench.putClient(sampleClient(clientId));
    await bench.deleteClient(clientId);
    bench.counted();
    const outcomes = await bench.api.appendEvents([sampleEvent(freshId())]);
    expect(outcomes).toMatchObject([{ ok: true }]);
    const taken = await bench.api.takeEvents({ workerId: 'w', leaseSeconds: 10, limit: 10 });
    expect(taken).toEqual({ events: [], lanes: [], backlog: { waiting: 0, parked: 0 } });
    expect(bench.counted()).toEqual([]);
    expect(await bench.durable.backlog()).toMatchObject({ waiting: 0 });
    await bench.durable.close();
  });
}

function parkingSuite(harness: DurableHarness): void {
  test('a parked event is read no more and lets the others of its key pass, until it is put back', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const key = freshId();
    const [first, second, third] = [sampleEvent(key), sampleEvent(key), sampleEvent(key)];
    await bench.durable.appendEvents([first, second, third]);
    const [one, two] = await bench.durable.readEvents(allLanes, 10);
    const parked = [one, two].map((waiting) => ({ position: waiting?.position ?? '', reason: 'too large' }));
    await bench.durable.parkEvents(parked, bench.clock.now());
    const again = parked.map(({ position }) => ({ position, reason: 'the same settlement, repeated' }));
    await bench.durable.parkEvents(again, bench.clock.now());
    expect((await bench.durable.readEvents(allLanes, 10)).map(({ event }) => event.id)).toEqual([third.id]);
    const listed = await bench.durable.listParkedEvents(10);
    expect(listed).toEqual(
      [one, two].map((waiting) => ({ ...waiting, parkedAt: bench.clock.now(), reason: 'too large' })),
    );
    expect(await bench.durable.listParkedEvents(10, listed[0]?.position)).toEqual(listed.slice(1));
    expect(await bench.durable.backlog()).toMatchObject({ waiting: 1, parked: 2 });
    expect(await bench.durable.unparkEvents([listed[1]?.position ?? '', third.id])).toBe(1);
    expect(await bench.durable.listParkedEvents(10)).toHaveLength(1);
    expect(await bench.durable.unparkEvents()).toBe(1);
    expect(await bench.durable.unparkEvents()).toBe(0);
    const ids = (await drain(bench)).map(({ event }) => event.id);
    expect(ids.toSorted()).toEqual([first.id, second.id, third.id].toSorted());
    await bench.durable.close();
  });

  test('the backlog tells how much waits and since when', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const empty = await bench.durable.backlog();
    expect(empty).toEqual({ waiting: 0, parked: 0 });
    const times = ['2026-01-03T00:00:00.000Z', '2026-01-02T00:00:00.500Z', '2026-01-04T00:00:00.000Z'];
    for (const time of times) await bench.durable.appendEvents([sampleEvent(freshId(), { time: new Date(time) })]);
    const { waiting, oldestAt, parked } = await bench.durable.backlog();
    expect([waiting, parked]).toEqual([3, 0]);
    expect(times.map((time) => new Date(time))).toContainEqual(oldestAt);
    await drain(bench);
    await bench.durable.close();
  });

  test('what is removed is gone, and removing it again or what never was changes nothing', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const key = freshId();
    await bench.durable.appendEvents([sampleEvent(key), sampleEvent(key)]);
    const [one] = await bench.durable.readEvents(allLanes, 1);
    const position = one?.position ?? '';
    await bench.durable.removeEvents([position]);
    await bench.durable.removeEvents([position, 'no-position', '-1', '']);
    await bench.durable.parkEvents([{ position, reason: 'late' }], bench.clock.now());
    expect(await bench.durable.listParkedEvents(10)).toEqual([]);
    expect(await drainKey(bench, key)).toHaveLength(1);
    await bench.durable.close();
  });
}
