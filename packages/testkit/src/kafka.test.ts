import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { expect, test } from 'vitest';
import { createCertificateAuthority } from './certificates.ts';
import { type KafkaServer, startKafka } from './kafka.ts';
import type { KafkaSasl } from './kafka-settings.ts';
import { stillRunning } from './process-tree.ts';

const TIMEOUT_MS = 90_000;
/** The very first test of a machine downloads the broker. */
const FIRST_TIMEOUT_MS = 390_000;

interface Login {
  readonly sasl?: KafkaSasl;
  readonly ssl?: { readonly ca: string };
  /** How often a broker that cannot take it yet is asked again; 16 when left out. */
  readonly retries?: number;
}

async function produce(server: KafkaServer, topic: string, values: readonly string[], login: Login = {}) {
  const kafka = new Kafka({
    brokers: [...server.bootstrap],
    logLevel: logLevel.NOTHING,
    // Until another broker leads: the controller counts one as gone after nine seconds.
    retry: { retries: login.retries ?? 16, initialRetryTime: 200, maxRetryTime: 3_000 },
    ...(login.ssl === undefined ? {} : { ssl: login.ssl }),
    ...(login.sasl === undefined ? {} : { sasl: { ...login.sasl } as SASLOptions }),
  });
  const producer = kafka.producer();
  try {
    await producer.connect();
    await producer.send({ topic, messages: values.map((value) => ({ key: 'key', value, headers: { kind: 'test' } })) });
  } finally {
    await producer.disconnect();
  }
}

const valuesOf = async (server: KafkaServer, topic: string): Promise<string[]> =>
  (await server.readTopic(topic)).map(({ value }) => value);

test(
  'Records outlive a stop and a crash, on the same port',
  async () => {
    await using server = await startKafka();
    const { bootstrap, pid } = server;
    await server.createTopic('events', { partitions: 3 });
    expect(await server.readTopic('events')).toEqual([]);
    await produce(server, 'events', ['one', 'two']);
    await server.stop();
    expect(await stillRunning([pid])).toEqual([]);
    await server.start();
    await produce(server, 'events', ['three']);
    await server.stop('SIGKILL');
    await server.start();
    expect(server.bootstrap).toEqual(bootstrap);
    expect(await valuesOf(server, 'events')).toEqual(['one', 'two', 'three']);
    const [record] = await server.readTopic('events');
    expect(record).toMatchObject({ offset: 0, key: 'key', headers: { kind: 'test' } });
  },
  FIRST_TIMEOUT_MS,
);

test(
  'Topics are made by hand alone, with the settings they are given',
  async () => {
    await using server = await startKafka();
    await expect(produce(server, 'absent', ['value'], { retries: 1 })).rejects.toThrow('does not host this topic');
    await server.createTopic('small', { settings: { 'max.message.bytes': '200' } });
    await expect(produce(server, 'small', ['x'.repeat(500)])).rejects.toThrow('larger than the max message size');
    await expect(server.createTopic('small')).rejects.toThrow('there is a topic small already');
  },
  TIMEOUT_MS,
);

test.each(['plain', 'scram-sha-512'] as const)(
  'With SASL %s and TLS only who knows the password is let in',
  async (mechanism) => {
    const authority = await createCertificateAuthority('Kafka test');
    const sasl = { mechanism, username: 'alice', password: 'a-password' };
    await using server = await startKafka({ sasl, tls: { authority } });
    await server.createTopic('events');
    const ssl = { ca: authority.caPem };
    await produce(server, 'events', ['hello'], { ssl, sasl });
    expect(await valuesOf(server, 'events')).toEqual(['hello']);
    const stranger = { ssl, sasl: { ...sasl, password: 'another' } };
    await expect(produce(server, 'events', ['intruder'], stranger)).rejects.toThrow(/authentication/i);
  },
  TIMEOUT_MS,
);

test(
  'With three brokers one may die',
  async () => {
    await using server = await startKafka({ brokers: 3 });
    await server.createTopic('events');
    await produce(server, 'events', ['before']);
    await server.brokers[0]?.stop('SIGKILL');
    await produce(server, 'events', ['after']);
    await server.brokers[0]?.start();
    expect(await valuesOf(server, 'events')).toEqual(['before', 'after']);
  },
  TIMEOUT_MS,
);

test('A broker that cannot start is reported with the words of Kafka', async () => {
  await expect(startKafka({ settings: { 'num.io.threads': 'x' } })).rejects.toThrow(/num\.io\.threads/);
}, 30_000);
