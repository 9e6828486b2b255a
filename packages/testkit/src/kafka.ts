import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { findKafkaJars } from './kafka-jars.ts';
import { type KafkaPorts, type KafkaSasl, type KafkaTls, kafkaProperties } from './kafka-settings.ts';
import { createKafkaTopics, type KafkaTopics } from './kafka-topics.ts';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram } from './run-program.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startKafka} sets the brokers up. */
export interface KafkaOptions {
  /** How many brokers; 1 when left out. Each is a JVM of up to 700 MB. */
  readonly brokers?: number;
  /** The port of the first broker; a free one when left out. */
  readonly port?: number;
  /** Further settings of `server.properties`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Clients have to say who they are; anybody may connect when left out. */
  readonly sasl?: KafkaSasl;
  /** Clients have to use TLS; plain TCP when left out. */
  readonly tls?: KafkaTls;
}

/** Running brokers of Apache Kafka. What stops and starts does so with all of them. */
export interface KafkaServer extends RestartableServer, KafkaTopics {
  /** `host:port` of each broker, for clients. */
  readonly bootstrap: readonly string[];
  /** Each broker by itself. */
  readonly brokers: readonly RestartableServer[];
}

const HOST = '127.0.0.1';
/** Small and quick to start; nothing here runs for long. */
const JVM = ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];
const LOG = 'org.slf4j.simpleLogger';
const START_TIMEOUT_MS = 60_000;

/**
 * Starts Apache Kafka (KRaft, no ZooKeeper) on Java 17 or later and waits until every broker serves. Records outlive a
 * stop and a crash of the process. Topics are made by `createTopic`, not by themselves.
 *
 * @throws MissingProgramError without Java or, on the first run, Maven.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const java = await findProgram('java');
  const classPath = await findKafkaJars();
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'x');
  const nodes = await choosePorts(options);
  const start = (_: KafkaPorts, at: number): Promise<RestartableServer> =>
    startBroker({ id: at + 1, nodes, java, classPath, clusterId, options });
  const brokers = await startAll(nodes.map(start));
  const bootstrap = nodes.map(({ clients }) => `${HOST}:${clients}`);
  const topics = createKafkaTopics(nodes.map(({ internal }) => `${HOST}:${internal}`));
  return {
    ...together(brokers),
    ...topics,
    bootstrap,
    brokers,
    get pid() {
      return first(brokers).pid;
    },
  };
}

async function choosePorts({ brokers = 1, port }: KafkaOptions): Promise<readonly KafkaPorts[]> {
  const nodes: KafkaPorts[] = [];
  for (let at = 0; at < brokers; at += 1) {
    const clients = at === 0 && port !== undefined ? port : await freePort();
    nodes.push({ clients, internal: await freePort(), controller: await freePort() });
  }
  return nodes;
}

interface BrokerPlan {
  readonly id: number;
  readonly nodes: readonly KafkaPorts[];
  readonly java: string;
  readonly classPath: string;
  readonly clusterId: string;
  readonly options: KafkaOptions;
}

async function startBroker(plan: BrokerPlan): Promise<RestartableServer> {
  const { id, nodes, java, classPath, options } = plan;
  const directory = await createTempDirectory(`kafka-${id}`);
  const file = join(directory.path, 'server.properties');
  const launch = () =>
    startProcess({
      name: 'Kafka',
      command: java,
      args: [...JVM, ...logging(), '-cp', classPath, 'kafka.Kafka', file],
      cwd: directory.path,
      ports: Object.values(nodes[id - 1] ?? {}),
      ready: /Kafka Server started/,
      readyTimeoutMs: START_TIMEOUT_MS,
      orphanDirectories: [directory.path],
    });
  try {
    const { sasl, tls, settings } = options;
    const dataDirectory = join(directory.path, 'data');
    await mkdir(dataDirectory);
    await writeFile(file, await kafkaProperties({ id, nodes, dataDirectory, sasl, tls, settings }), { mode: 0o600 });
    await format(plan, file);
  } catch (error) {
    await directory.remove();
    throw error;
  }
  return createRestartableServer({ name: 'Kafka', launch, directory });
}

async function format({ java, classPath, clusterId, options: { sasl } }: BrokerPlan, file: string): Promise<void> {
  const scram =
    sasl === undefined || sasl.mechanism === 'plain'
      ? []
      : [
          '--add-scram',
          `${sasl.mechanism.toUpperCase()}=[name=${sasl.username},password=${sasl.password},iterations=4096]`,
        ];
  const tool = ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file];
  await runProgram({ command: java, args: [...JVM, ...logging(), ...tool, ...scram] });
}

/** Warnings, and the line that tells that the broker serves. */
function logging(): string[] {
  return [
    `-D${LOG}.defaultLogLevel=warn`,
    `-D${LOG}.log.kafka.server.KafkaRaftServer=info`,
    `-D${LOG}.showDateTime=true`,
  ];
}

async function startAll(starting: readonly Promise<RestartableServer>[]): Promise<readonly RestartableServer[]> {
  const settled = await Promise.allSettled(starting);
  const started = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all(started.map((broker) => broker.close()));
  throw failed.reason;
}

function together(brokers: readonly RestartableServer[]): Omit<RestartableServer, 'pid'> {
  const all = async (work: (broker: RestartableServer) => Promise<void>): Promise<void> => {
    await Promise.all(brokers.map(work));
  };
  const close = (): Promise<void> => all((broker) => broker.close());
  return {
    pids: async () => (await Promise.all(brokers.map((broker) => broker.pids()))).flat(),
    output: () => brokers.map((broker) => broker.output()).join('\n'),
    stop: (signal) => all((broker) => broker.stop(signal)),
    start: () => all((broker) => broker.start()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function first(brokers: readonly RestartableServer[]): RestartableServer {
  const [broker] = brokers;
  if (broker === undefined) throw new Error('there is no broker');
  return broker;
}
