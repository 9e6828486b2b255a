import { randomUUID } from 'node:crypto';
import { type Consumer, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { waitFor } from './wait-for.ts';

/** A record of a topic. */
export interface KafkaRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | undefined;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How {@link KafkaTopics.createTopic} sets a topic up. */
export interface TopicOptions {
  /** 1 when left out. */
  readonly partitions?: number;
  /** Settings of the topic, e.g. `{'max.message.bytes': '1000'}`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Topics of brokers of the kit. */
export interface KafkaTopics {
  /** Creates a topic and waits until it can be written to. @throws Error when there is one of that name. */
  createTopic(name: string, options?: TopicOptions): Promise<void>;
  /** All records of a topic that are there now, each partition's in the order of its offsets. */
  readTopic(name: string): Promise<readonly KafkaRecord[]>;
}

const TIMEOUT_MS = 20_000;

/** The topics of the brokers behind these addresses, which speak without security. */
export function createKafkaTopics(brokers: readonly string[]): KafkaTopics {
  const connect = (): Kafka => new Kafka({ brokers: [...brokers], clientId: 'testkit', logLevel: logLevel.NOTHING });
  return {
    createTopic: (name, options = {}) => createTopic(connect(), name, options),
    readTopic: (name) => readTopic(connect(), name),
  };
}

async function createTopic(kafka: Kafka, topic: string, options: TopicOptions): Promise<void> {
  const { partitions = 1, settings = {} } = options;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const isNew = await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, configEntries }],
      waitForLeaders: true,
    });
    if (!isNew) throw new Error(`there is a topic ${topic} already`);
  } finally {
    await admin.disconnect();
  }
}

async function readTopic(kafka: Kafka, topic: string): Promise<readonly KafkaRecord[]> {
  const ends = await endsOf(kafka, topic);
  if (ends.size === 0) return [];
  const consumer = kafka.consumer({ groupId: `read-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    return await readUntil(consumer, topic, ends);
  } finally {
    await consumer.disconnect();
  }
}

/** The offset behind the last record of each partition that has records. */
async function endsOf(kafka: Kafka, topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => Number(high) > Number(low));
    return new Map(filled.map(({ partition, high }) => [partition, Number(high)]));
  } finally {
    await admin.disconnect();
  }
}

async function readUntil(consumer: Consumer, topic: string, ends: Map<number, number>): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = [];
  const open = new Set(ends.keys());
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const { partition, messages } = batch;
      const end = ends.get(partition) ?? 0;
      const own = messages.filter(({ offset }) => Number(offset) < end);
      records.push(...own.map((message) => recordOf(partition, message)));
      if (Number(batch.lastOffset()) >= end - 1) open.delete(partition);
    },
  });
  await waitFor(() => open.size === 0, { what: `the records of ${topic}`, timeoutMs: TIMEOUT_MS });
  return records.toSorted((one, other) => one.partition - other.partition || one.offset - other.offset);
}

function recordOf(partition: number, { offset, key, value, headers = {} }: KafkaMessage): KafkaRecord {
  return {
    partition,
    offset: Number(offset),
    key: key?.toString(),
    value: value?.toString() ?? '',
    headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, String(header)])),
  };
}
