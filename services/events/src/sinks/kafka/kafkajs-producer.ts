import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type { KafkaEventsConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import type { Secret } from '@tessera/watched-files';
import { Kafka, type KafkaConfig, logLevel, Partitioners, type SASLOptions } from 'kafkajs';
import { guardIdleTimers } from './guard-idle-timers.ts';
import type { KafkaProducer } from './producer.ts';
import { causesOf, refusalIn } from './record-refused.ts';

const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How long the leader may wait for the in-sync replicas; it answers before the request is given up. */
const ACKNOWLEDGE_TIMEOUT_MS = 8_000;
const ALL_IN_SYNC_REPLICAS = -1;

/**
 * Connects to Kafka by KafkaJS 2.2.4. Certificates are read anew each time, and a password that is refused. Rejects when no broker can be reached, or none
 * lets us in.
 *
 * The producer is not idempotent and sends once, on purpose. When a broker refuses the records of one partition, KafkaJS takes
 * back the sequence numbers of all partitions of that request, also of those that were written; the broker then takes the next
 * records for a repetition, and acknowledges them without writing. And when KafkaJS itself sends again after a leader has
 * moved to a broker that has answered already, it leaves that partition out. Sent once and one request at a time, records
 * keep their order, and what failed is sent again by the publisher.
 */
export function connectProducer(
  config: KafkaEventsConfig,
  logger: Logger,
  password?: Pick<Secret, 'use'>,
): Promise<KafkaProducer> {
  guardIdleTimers();
  const { sasl } = config;
  if (sasl === undefined || password === undefined) return connectOnce(config, logger);
  const connect = (present: string) => connectOnce({ ...config, sasl: { ...sasl, password: present } }, logger);
  return password.use(connect, isPasswordRefused);
}

/** KafkaJS says so, whatever is around it. */
function isPasswordRefused(error: unknown): boolean {
  return [...causesOf(error)].some(({ name }) => name === 'KafkaJSSASLAuthenticationError');
}

async function connectOnce(config: KafkaEventsConfig, logger: Logger): Promise<KafkaProducer> {
  const producer = new Kafka(await clientOptions(config, logger)).producer({
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 0 },
  });
  const close = (): void => {
    producer.disconnect().catch((error: unknown) => logger.debug({ err: error }, 'hanging up on Kafka failed'));
  };
  try {
    await producer.connect();
  } catch (error) {
    close();
    throw error;
  }
  return {
    async send(records) {
      const messages = records.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } }));
      const request = { acks: ALL_IN_SYNC_REPLICAS, timeout: ACKNOWLEDGE_TIMEOUT_MS };
      await producer.send({ topic: config.topic, messages, ...request }).catch((error: unknown) => {
        throw refusalIn(error) ?? failureIn(error, config.topic);
      });
    },
    close,
  };
}

async function clientOptions(config: KafkaEventsConfig, logger: Logger): Promise<KafkaConfig> {
  const { brokers, clientId, tls, sasl } = config;
  return {
    brokers: [...brokers],
    clientId,
    ...(tls === undefined ? {} : { ssl: await tlsOptions(tls) }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Each of the brokers is tried once; whoever wants a connection tries again.
    retry: { retries: brokers.length - 1, initialRetryTime: 50, maxRetryTime: 200 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ log }) =>
        logger.debug({ kafka: log.message }, 'the Kafka client says something'),
  };
}

function saslOptions({ mechanism, username, password }: NonNullable<KafkaEventsConfig['sasl']>): SASLOptions {
  return { mechanism, username, password } as SASLOptions;
}

async function tlsOptions(tls: NonNullable<KafkaEventsConfig['tls']>): Promise<ConnectionOptions> {
  const read = async (name: 'ca' | 'cert' | 'key', file: string | undefined): Promise<ConnectionOptions> =>
    file === undefined ? {} : { [name]: await readFile(file) };
  const parts = [read('ca', tls.caFile), read('cert', tls.certFile), read('key', tls.keyFile)];
  return Object.assign({}, ...(await Promise.all(parts))) as ConnectionOptions;
}

function failureIn(error: unknown, topic: string): unknown {
  const isTopicMissing = [...causesOf(error)].some(({ type }) => type === 'UNKNOWN_TOPIC_OR_PARTITION');
  return isTopicMissing ? new Error(`Kafka has no topic ${topic}`, { cause: error }) : error;
}
