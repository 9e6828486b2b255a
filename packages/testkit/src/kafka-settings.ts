import type { CertificateAuthority } from './certificates.ts';

/** Who may connect to a Kafka broker of the kit, over its listener for clients. */
export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** TLS on the listener for clients, with a certificate for 127.0.0.1 and localhost. */
export interface KafkaTls {
  /** Issues the broker's certificate, and is whom it trusts for those of clients. */
  readonly authority: CertificateAuthority;
  /** Whether clients need a certificate too; false when left out. */
  readonly requiresClientCertificate?: boolean;
}

/** Where one node listens. */
export interface KafkaPorts {
  /** For clients, with whatever security was asked for. */
  readonly clients: number;
  /** For the other brokers and the kit itself, without security. */
  readonly internal: number;
  readonly controller: number;
}

/** What the settings of one node are made of. */
export interface KafkaNode {
  readonly id: number;
  readonly nodes: readonly KafkaPorts[];
  readonly dataDirectory: string;
  readonly sasl?: KafkaSasl | undefined;
  readonly tls?: KafkaTls | undefined;
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

const HOST = '127.0.0.1';

/** `server.properties` of a node that is broker and controller at once. Topics are not made by themselves. */
export async function kafkaProperties(node: KafkaNode): Promise<string> {
  const ports = node.nodes[node.id - 1];
  if (ports === undefined) throw new Error(`there is no node ${node.id}`);
  const copies = String(Math.min(3, node.nodes.length));
  const listeners = `CLIENTS://${HOST}:${ports.clients},INTERNAL://${HOST}:${ports.internal}`;
  const entries = {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': node.nodes.map(({ controller }, at) => `${at + 1}@${HOST}:${controller}`).join(','),
    listeners: `${listeners},CONTROLLER://${HOST}:${ports.controller}`,
    'advertised.listeners': listeners,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    'listener.security.protocol.map': `CLIENTS:${protocolOf(node)},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    'log.dirs': node.dataDirectory,
    'num.partitions': '1',
    'default.replication.factor': copies,
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A broker that crashed may come back as soon as its last session has ended.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    ...saslEntries(node.sasl),
    ...(await tlsEntries(node.tls)),
    ...node.settings,
  };
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${escapeValue(value)}\n`)
    .join('');
}

function protocolOf({ sasl, tls }: KafkaNode): string {
  if (sasl !== undefined) return tls === undefined ? 'SASL_PLAINTEXT' : 'SASL_SSL';
  return tls === undefined ? 'PLAINTEXT' : 'SSL';
}

function saslEntries(sasl: KafkaSasl | undefined): Record<string, string> {
  if (sasl === undefined) return {};
  const login =
    sasl.mechanism === 'plain'
      ? `org.apache.kafka.common.security.plain.PlainLoginModule required user_${sasl.username}="${sasl.password}";`
      : 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    'sasl.enabled.mechanisms': sasl.mechanism.toUpperCase(),
    [`listener.name.clients.${sasl.mechanism}.sasl.jaas.config`]: login,
  };
}

async function tlsEntries(tls: KafkaTls | undefined): Promise<Record<string, string>> {
  if (tls === undefined) return {};
  const { certPem, keyPem } = await tls.authority.issue({
    commonName: 'kafka',
    dnsNames: ['localhost'],
    ipAddresses: [HOST],
  });
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': certPem,
    'ssl.keystore.key': keyPem,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': tls.authority.caPem,
    'ssl.client.auth': tls.requiresClientCertificate === true ? 'required' : 'none',
  };
}

/** A value of a Java properties file. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
