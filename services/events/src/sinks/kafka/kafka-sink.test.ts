import { setImmediate } from 'node:timers/promises';
import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import type { CloudEventMessage } from '../../ports.ts';
import { createKafkaSink } from './kafka-sink.ts';
import type { OutgoingRecord } from './producer.ts';

const message = (id: string): CloudEventMessage => ({ id, key: `key of ${id}`, body: `{"id":"${id}"}` });

function createFakeKafka() {
  const sent: OutgoingRecord[] = [];
  const connections: { isOpen: boolean }[] = [];
  const state = { sent, connections, fault: undefined as Error | undefined };
  const connect = async () => {
    if (state.fault !== undefined) throw state.fault;
    const connection = { isOpen: true };
    connections.push(connection);
    return {
      async send(records: readonly OutgoingRecord[]) {
        if (state.fault !== undefined) throw state.fault;
        sent.push(...records);
      },
      close() {
        connection.isOpen = false;
      },
    };
  };
  return { state, connect };
}

test('CloudEvents Kafka binding §3.3: an event is a record with its key, the whole event as value, and the content type', async () => {
  const { state, connect } = createFakeKafka();
  const sink = createKafkaSink({ clock: createFakeClock(), connect });
  expect(await sink.publish([message('1')])).toEqual({ published: [0], refused: [] });
  expect(state.sent).toEqual([
    {
      key: 'key of 1',
      value: '{"id":"1"}',
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    },
  ]);
});

test('One connection serves until there was nothing to send for half a minute', async () => {
  const { state, connect } = createFakeKafka();
  const clock = createFakeClock();
  const sink = createKafkaSink({ clock, connect });
  for (const id of ['1', '2', '3']) {
    await sink.publish([message(id)]);
    clock.advance(29);
  }
  expect(state.connections).toEqual([{ isOpen: true }]);
  clock.advance(1);
  expect(state.connections).toEqual([{ isOpen: false }]);
  await sink.publish([message('4')]);
  expect(state.connections).toEqual([{ isOpen: false }, { isOpen: true }]);
});

test('After a failure a new connection is made, since nobody knows what the old one still holds', async () => {
  const { state, connect } = createFakeKafka();
  const sink = createKafkaSink({ clock: createFakeClock(), connect });
  await sink.ready();
  state.fault = new Error('no broker');
  expect(await sink.publish([message('1')])).toEqual({ published: [], refused: [], failure: state.fault });
  expect(state.connections).toEqual([{ isOpen: false }]);
  await expect(sink.ready()).rejects.toThrow('no broker');
  state.fault = undefined;
  expect(await sink.publish([message('1')])).toEqual({ published: [0], refused: [] });
  expect(state.connections).toEqual([{ isOpen: false }, { isOpen: true }]);
});

test('A connection that is made while the sink closes is not kept', async () => {
  const { state, connect } = createFakeKafka();
  const sink = createKafkaSink({ clock: createFakeClock(), connect });
  const publishing = sink.publish([message('1')]);
  await sink.close();
  expect((await publishing).published).toEqual([]);
  expect(state.connections).toEqual([{ isOpen: false }]);
});

test('A connection on which nothing ever comes back is given up after a minute, whatever the wall clock says', async () => {
  const clock = createFakeClock();
  const connections: { isOpen: boolean }[] = [];
  const connect = async () => {
    const connection = { isOpen: true };
    connections.push(connection);
    return {
      send: () => new Promise<void>(() => undefined),
      close() {
        connection.isOpen = false;
      },
    };
  };
  const sink = createKafkaSink({ clock, connect });
  const publishing = sink.publish([message('1'), message('2')]);
  await setImmediate();
  clock.set(new Date('2020-01-01T00:00:00Z'));
  clock.advance(60);
  expect(await publishing).toMatchObject({ published: [], failure: { message: 'Kafka did not answer within 60 s' } });
  expect(connections).toEqual([{ isOpen: false }]);
});

test('A broker that is never done with connecting is given up, and a connection that comes of it later is closed', async () => {
  const clock = createFakeClock();
  const { state, connect } = createFakeKafka();
  const late = Promise.withResolvers<void>();
  const sink = createKafkaSink({ clock, connect: () => late.promise.then(connect) });
  const publishing = sink.publish([message('1')]);
  clock.advance(60);
  expect(await publishing).toMatchObject({ published: [], failure: { message: 'Kafka did not answer within 60 s' } });
  late.resolve();
  await setImmediate();
  expect(state.connections).toEqual([{ isOpen: false }]);
  expect(state.sent).toEqual([]);
});
