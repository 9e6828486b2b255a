import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFakeClock } from '@tessera/clock';
import type { KafkaEventsConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import {
  createCertificateAuthority,
  createTempDirectory,
  type KafkaRecord,
  type KafkaServer,
  runProgram,
  startKafka,
  waitFor,
} from '@tessera/testkit';
import { openSecret } from '@tessera/watched-files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventSink } from '../../ports.ts';
import { createKafkaSink } from './kafka-sink.ts';
import { connectProducer } from './kafkajs-producer.ts';

/** The very first test of a machine downloads the broker. */
const START_TIMEOUT_MS = 390_000;
const TIMEOUT_MS = 60_000;

let server: KafkaServer;

beforeAll(async () => {
  server = await startKafka();
}, START_TIMEOUT_MS);
afterAll(() => server?.close(), TIMEOUT_MS);

function sinkFor(topic: string, further: Partial<KafkaEventsConfig> = {}, broker = server): EventSink {
  const config = { type: 'kafka', brokers: broker.bootstrap, topic, clientId: 'tessera', ...further } as const;
  return createKafkaSink({ clock: createFakeClock(), connect: () => connectProducer(config, silentLogger) });
}

const message = (id: string, key = 'key', filling = '') => ({ id, key, body: JSON.stringify({ id, filling }) });

const idOf = ({ value }: KafkaRecord): string => (JSON.parse(value) as { id: string }).id;

test(
  'CloudEvents Kafka binding §3.3: a consumer finds key, content type and event',
  async () => {
    await server.createTopic('binding');
    const sink = sinkFor('binding');
    expect(await sink.publish([message('1', 'schlüssel')])).toEqual({ published: [0], refused: [] });
    await sink.close();
    expect(await server.readTopic('binding')).toEqual([
      {
        partition: 0,
        offset: 0,
        key: 'schlüssel',
        value: '{"id":"1","filling":""}',
        headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
      },
    ]);
  },
  TIMEOUT_MS,
);

test(
  'Events of one key stand in one partition in their order',
  async () => {
    await server.createTopic('order', { partitions: 4 });
    const sink = sinkFor('order');
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (let from = 0; from < 200; from += 50) {
      const numbers = Array.from({ length: 50 }, (_, at) => from + at);
      const { published } = await sink.publish(
        numbers.flatMap((number) => keys.map((key) => message(`${key}${number}`, key))),
      );
      expect(published).toHaveLength(400);
    }
    await sink.close();
    const records = await server.readTopic('order');
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
    for (const key of keys) {
      const own = records.filter((record) => record.key === key);
      expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
      expect(own.map(idOf)).toEqual(Array.from({ length: 200 }, (_, number) => `${key}${number}`));
    }
  },
  TIMEOUT_MS,
);

test(
  'Events that are too large are refused by themselves, and no other is lost, in whichever partition',
  async () => {
    await server.createTopic('poison', { partitions: 3, settings: { 'max.message.bytes': '5000' } });
    const sink = sinkFor('poison');
    const bad = new Set([7, 8, 30]);
    const batch = Array.from({ length: 40 }, (_, at) =>
      message(String(at), `key ${at % 7}`, bad.has(at) ? 'x'.repeat(6_000) : ''),
    );
    const outcome = await sink.publish(batch);
    expect(outcome.refused).toEqual([...bad].map((index) => ({ index, reason: 'larger than the topic allows' })));
    expect(outcome.published).toHaveLength(37);
    const later = Array.from({ length: 40 }, (_, at) => message(`later ${at}`, `key ${at % 7}`));
    expect((await sink.publish(later)).published).toHaveLength(40);
    await sink.close();
    const ids = new Set((await server.readTopic('poison')).map(idOf));
    const expected = [...batch.filter((_, at) => !bad.has(at)), ...later].map(({ id }) => id);
    expect([...ids].toSorted()).toEqual(expected.toSorted());
  },
  TIMEOUT_MS,
);

test(
  'A missing topic is named, and the events go when it is there',
  async () => {
    const sink = sinkFor('late');
    await expect(sink.ready()).rejects.toThrow('Kafka has no topic late');
    const { failure } = await sink.publish([message('1')]);
    expect(failure).toMatchObject({ message: 'Kafka has no topic late' });
    await server.createTopic('late');
    await waitFor(async () => (await sink.publish([message('1')])).published.length === 1, { what: 'the topic' });
    await sink.close();
    expect(new Set((await server.readTopic('late')).map(idOf))).toEqual(new Set(['1']));
  },
  TIMEOUT_MS,
);

test(
  'A broker that takes the connection and says nothing is a failure, and not for ever',
  async () => {
    const silent = createServer((socket) => void socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const sink = sinkFor('any', { brokers: [`127.0.0.1:${port}`] });
    const { failure } = await sink.publish([message('1')]);
    expect(String(failure)).toMatch(/timed out/);
    await sink.close();
    await waitFor(() => new Promise((resolve) => silent.getConnections((_, count) => resolve(count === 0))), {
      what: 'the connection to be closed',
    });
    silent.close();
  },
  TIMEOUT_MS,
);

test(
  'A broker that is killed and comes back is found again',
  async () => {
    await server.createTopic('crash');
    const sink = sinkFor('crash');
    await sink.publish([message('1')]);
    await server.stop('SIGKILL');
    expect((await sink.publish([message('2')])).failure).toBeInstanceOf(Error);
    await server.start();
    expect(await sink.publish([message('2')])).toEqual({ published: [0], refused: [] });
    await sink.close();
    expect((await server.readTopic('crash')).map(idOf)).toEqual(['1', '2']);
  },
  TIMEOUT_MS,
);

test(
  'A connected producer with nothing to do leaves the process asleep, and Node warns of nothing',
  async () => {
    await server.createTopic('idle');
    const script = fileURLToPath(new URL('../../testing/idle-producer.ts', import.meta.url));
    const args = ['--conditions=source', script, ...server.bootstrap, 'idle'];
    const measured: unknown = JSON.parse(await runProgram({ command: process.execPath, args }));
    expect(measured).toEqual({ warnings: [], timersPerSecond: expect.any(Number) });
    expect((measured as { timersPerSecond: number }).timersPerSecond).toBeLessThan(20);
  },
  TIMEOUT_MS,
);

test.each(['plain', 'scram-sha-256'] as const)(
  'TLS with client certificates and SASL %s let us in, also when the password has changed in its file',
  async (mechanism) => {
    await using directory = await createTempDirectory('kafka-tls');
    const authority = await createCertificateAuthority('Kafka test');
    const own = await authority.issue({ commonName: 'tessera', dnsNames: ['tessera'], client: true });
    const [caFile, certFile, keyFile] = ['ca.pem', 'own.pem', 'own.key'].map((name) => join(directory.path, name));
    await Promise.all([
      writeFile(String(caFile), authority.caPem),
      writeFile(String(certFile), own.certPem),
      writeFile(String(keyFile), own.keyPem),
    ]);
    const sasl = { mechanism, username: 'tessera', password: 'a-long-password' };
    await using secured = await startKafka({ sasl, tls: { authority, requiresClientCertificate: true } });
    await secured.createTopic('secured');
    const tls = { caFile: String(caFile), certFile: String(certFile), keyFile: String(keyFile) };
    const sink = sinkFor('secured', { tls, sasl }, secured);
    expect(await sink.publish([message('1')])).toEqual({ published: [0], refused: [] });
    await sink.close();
    const stranger = sinkFor('secured', { tls, sasl: { ...sasl, password: 'canary-of-a-password' } }, secured);
    const { failure } = await stranger.publish([message('2')]);
    expect(String(failure)).toMatch(/authentication failed/i);
    expect(String(failure)).not.toContain('canary');
    const passwordFile = join(directory.path, 'password');
    await writeFile(passwordFile, 'not-yet');
    const around = { what: 'the password', clock: createFakeClock(), logger: silentLogger };
    const password = openSecret({ value: 'not-yet', file: passwordFile, ...around });
    await writeFile(passwordFile, `${sasl.password}\n`);
    const config = { type: 'kafka', brokers: secured.bootstrap, topic: 'secured', clientId: 'tessera', tls } as const;
    const producer = await connectProducer(
      { ...config, sasl: { ...sasl, password: 'not-yet' } },
      silentLogger,
      password,
    );
    producer.close();
    password.close();
    const { failure: untrusted } = await sinkFor('secured', { tls: {}, sasl }, secured).publish([message('3')]);
    expect(String(untrusted)).toMatch(/certificate/i);
  },
  60_000,
);
