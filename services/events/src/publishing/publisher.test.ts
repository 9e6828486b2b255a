import { expect, test } from 'vitest';
import { createFakeSink } from '../testing/fake-sink.ts';
import { createHarness, event, firstArrivals, numbers, source } from '../testing/harness.ts';

const ids = (from: number, to: number, key = 'a'): string[] => numbers(from, to).map((number) => `${key}${number}`);

test('Events are published in their order as CloudEvents of the issuer, and leave the outbox', async () => {
  const { outbox, sink, start, pass } = createHarness();
  outbox.append(...numbers(1, 600).map((number) => event(number)));
  const publisher = start('one');
  await publisher.ready;
  await pass(0);
  expect(sink.arrived.map(({ id }) => id)).toEqual(ids(1, 600));
  expect(JSON.parse(String(sink.arrived[0]?.body))).toMatchObject({
    specversion: '1.0',
    id: 'a1',
    source,
    subject: 'a',
    data: { number: 1 },
  });
  expect(outbox.waiting).toEqual([]);
  await publisher.close();
});

test('While full batches come they are taken at once; an idle worker asks once a second', async () => {
  const { outbox, sink, start, pass } = createHarness();
  outbox.append(...numbers(1, 3_500).map((number) => event(number)));
  const publisher = start('one');
  await pass(0);
  await pass(0);
  expect(sink.arrived).toHaveLength(3_500);
  await pass(2);
  const before = outbox.takes;
  await pass(60);
  expect(outbox.takes - before).toBe(60);
  await publisher.close();
});

test('While the sink fails, events wait, the lease is kept, and nothing is lost or repeated in the log', async () => {
  const { outbox, sink, log, start, pass } = createHarness();
  const other = createFakeSink();
  const { answer } = sink;
  sink.answer = async () => ({ published: [], refused: [], failure: new Error('no broker') });
  outbox.append(event(1), event(2));
  const [publisher, standby] = [start('one'), start('two', other)];
  await pass(50);
  outbox.append(event(3));
  expect(outbox.holder()).toBe('one');
  sink.answer = answer;
  await pass(6);
  expect(sink.arrived.map(({ id }) => id)).toEqual(ids(1, 3));
  expect(other.arrived).toEqual([]);
  expect(log).toEqual(['warn: events cannot be published and wait in the outbox', 'info: events are published again']);
  await Promise.all([publisher.close(), standby.close()]);
});

test('The pauses between attempts grow up to five seconds', async () => {
  const { outbox, sink, start, pass } = createHarness();
  let attempts = 0;
  sink.answer = async () => {
    attempts += 1;
    return { published: [], refused: [], failure: new Error('no broker') };
  };
  outbox.append(event(1));
  const publisher = start('one');
  await pass(60);
  expect(attempts).toBeGreaterThan(60 / 5);
  expect(attempts).toBeLessThan(25);
  await publisher.close();
});

test('What arrived before a failure is settled, and only the rest is sent again', async () => {
  const { outbox, sink, start, pass } = createHarness();
  const { answer } = sink;
  sink.answer = async ([first]) => {
    sink.answer = answer;
    if (first !== undefined) sink.arrived.push(first);
    return { published: [0], refused: [], failure: new Error('no broker') };
  };
  outbox.append(event(1), event(2));
  const publisher = start('one');
  await pass(1);
  expect(sink.arrived.map(({ id }) => id)).toEqual(ids(1, 2));
  await publisher.close();
});

test('What was published and could not be settled is settled later, without being published again', async () => {
  const { outbox, sink, start, pass } = createHarness();
  outbox.breakDown('settle');
  outbox.append(event(1));
  const publisher = start('one');
  await pass(20);
  expect(outbox.waiting).toHaveLength(1);
  outbox.mend();
  outbox.append(event(2));
  await pass(6);
  expect(sink.arrived.map(({ id }) => id)).toEqual(ids(1, 2));
  expect(outbox.waiting).toEqual([]);
  await publisher.close();
});

test('A worker that dies between publishing and settling costs repetitions with equal ids, and nothing else', async () => {
  const { outbox, sink, start, pass } = createHarness();
  outbox.breakDown('settle');
  outbox.append(event(1), event(2));
  const dying = start('dead');
  await pass(0);
  await dying.close();
  outbox.mend();
  outbox.append(event(3));
  const successor = createFakeSink();
  const publisher = start('next', successor);
  await pass(1);
  expect([...sink.arrived, ...successor.arrived].map(({ id }) => id)).toEqual([...ids(1, 2), ...ids(1, 3)]);
  await publisher.close();
});

test('A sink that is slow for longer than the lease keeps it by renewing', async () => {
  const { outbox, sink, start, pass } = createHarness();
  const other = createFakeSink();
  const slow = Promise.withResolvers<void>();
  const { answer } = sink;
  sink.answer = async (events) => {
    await slow.promise;
    return answer(events);
  };
  outbox.append(event(1));
  const [publisher, standby] = [start('one'), start('two', other)];
  await pass(60);
  expect(outbox.holder()).toBe('one');
  slow.resolve();
  await pass(1);
  expect(sink.arrived.map(({ id }) => id)).toEqual(ids(1, 1));
  expect(other.arrived).toEqual([]);
  await Promise.all([publisher.close(), standby.close()]);
});

test('A worker cut off from storage for longer than its lease stops publishing, and another takes over in order', async () => {
  const { outbox, sink, start, pass } = createHarness();
  const slow = Promise.withResolvers<void>();
  const stuck = createFakeSink();
  stuck.answer = async (events) => {
    await slow.promise;
    return sink.answer(events);
  };
  outbox.append(...numbers(1, 600).map((number) => event(number)));
  const publisher = start('one', stuck);
  await pass(0);
  outbox.breakDown('take', 'one');
  const successor = start('two');
  await pass(30);
  expect(outbox.waiting).toEqual([]);
  slow.resolve();
  await pass(1);
  // Of its three pieces the first was under way; the others are given up.
  expect(sink.arrived).toHaveLength(600 + 250);
  expect(firstArrivals(sink)).toEqual(ids(1, 600));
  await Promise.all([publisher.close(), successor.close()]);
});

test('A worker that learns while it publishes that its lanes are gone gives up the pieces it has not begun', async () => {
  const { clock, outbox, sink, start, pass } = createHarness();
  const slow = Promise.withResolvers<void>();
  const stuck = createFakeSink();
  stuck.answer = async (events) => {
    await slow.promise;
    return sink.answer(events);
  };
  outbox.append(...numbers(1, 600).map((number) => event(number)));
  const publisher = start('one', stuck);
  await pass(4);
  // Suspended for longer than the lease, another takes over, and the first thing that is due afterwards is the renewal.
  outbox.expire();
  const successor = createFakeSink();
  const other = start('two', successor);
  await pass(0);
  expect(outbox.holder()).toBe('two');
  await pass(2);
  slow.resolve();
  await pass(1);
  expect(clock.monotonicMs()).toBeLessThan(15_000);
  expect(successor.arrived).toHaveLength(600);
  expect(sink.arrived).toHaveLength(250);
  await Promise.all([publisher.close(), other.close()]);
});

test('A batch that storage cut for its size is followed by the next one at once', async () => {
  const { outbox, sink, start, pass } = createHarness();
  const filling = JSON.stringify({ filling: 'x'.repeat(16_000) });
  outbox.append(...numbers(1, 300).map((number) => ({ ...event(number), data: filling })));
  const publisher = start('one');
  await pass(0);
  await pass(0);
  expect(sink.arrived).toHaveLength(300);
  await publisher.close();
});

test('A refused event is parked with the reason, and what stands behind it goes on', async () => {
  const { outbox, sink, log, start, pass } = createHarness();
  sink.answer = async (events) => {
    sink.arrived.push(...events.filter(({ id }) => id !== 'a2'));
    return { published: [0, 2], refused: [{ index: 1, reason: 'larger than the topic allows' }] };
  };
  outbox.append(...numbers(1, 3).map((number) => event(number)));
  const publisher = start('one');
  await pass(5);
  expect(sink.arrived.map(({ id }) => id)).toEqual(['a1', 'a3']);
  expect([...outbox.parked]).toEqual([['2', 'larger than the topic allows']]);
  expect(log).toEqual(['error: an event cannot be published and is parked']);
  await publisher.close();
});

test('An event whose data is not a JSON object is parked without disturbing the others', async () => {
  const { outbox, sink, start, pass } = createHarness();
  outbox.append(event(1), { ...event(2), data: '{"number":' }, { ...event(3), data: '[]' }, event(4));
  const publisher = start('one');
  await pass(1);
  expect(sink.arrived.map(({ id }) => id)).toEqual(['a1', 'a4']);
  expect([...outbox.parked.keys()]).toEqual(['2', '3']);
  await publisher.close();
});

test('Storage that does not answer is asked again with growing pauses, and readiness waits for it', async () => {
  const { outbox, sink, start, pass } = createHarness();
  outbox.breakDown('take');
  outbox.append(event(1));
  const publisher = start('one');
  let isReady = false;
  void publisher.ready.then(() => {
    isReady = true;
  });
  await pass(30);
  expect(isReady).toBe(false);
  expect(outbox.takes).toBeLessThan(16);
  outbox.mend();
  await pass(5);
  expect(isReady).toBe(true);
  expect(sink.arrived).toHaveLength(1);
  await publisher.close();
});

test('A sink that cannot be reached is reported although nothing waits, and does not hinder readiness', async () => {
  const { sink, log, start, pass } = createHarness();
  sink.ready = async () => {
    throw new Error('Kafka has no topic events');
  };
  const publisher = start('one');
  await publisher.ready;
  await pass(5);
  expect(log).toEqual(['warn: events cannot be published and wait in the outbox']);
  await publisher.close();
});

test('Closing finishes what is being published, gives the lanes back and closes the sink', async () => {
  const { outbox, sink, start, pass } = createHarness();
  const slow = Promise.withResolvers<void>();
  const { answer } = sink;
  sink.answer = async (events) => {
    await slow.promise;
    return answer(events);
  };
  outbox.append(event(1));
  const publisher = start('one');
  await pass(0);
  const closed = publisher.close();
  await pass(1);
  expect(sink.isClosed).toBe(false);
  slow.resolve();
  await closed;
  expect(outbox.waiting).toEqual([]);
  expect(outbox.holder()).toBeUndefined();
  expect(sink.isClosed).toBe(true);
});

test('Closing waits five seconds at most for a sink that hangs, and the event stays in the outbox', async () => {
  const { outbox, sink, start, pass } = createHarness();
  sink.answer = () => new Promise(() => undefined);
  outbox.append(event(1));
  const publisher = start('one');
  await pass(0);
  const closed = publisher.close();
  await pass(5);
  await closed;
  expect(sink.isClosed).toBe(true);
  expect(outbox.waiting).toHaveLength(1);
  expect(outbox.holder()).toBeUndefined();
});
