import type { RedisEphemeralConfig } from '@tessera/config';
import type { Logger } from '@tessera/telemetry';
import { type Access, isTlsFailure, type TlsMaterial } from '@tessera/watched-files';
import { Cluster, type Redis } from 'ioredis';
import { openStoreAccess } from '../../rules/store-access.ts';
import type { RedisClient } from './client.ts';
import { replyOf } from './errors.ts';

/** What lets us into the servers, and into the Sentinels. */
export interface RedisAccess {
  readonly server: Access;
  readonly sentinels: Access | undefined;
  close(): void;
}

/**
 * Looks after passwords and certificates.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS or password file cannot be read.
 */
export function openRedisAccess(config: RedisEphemeralConfig, logger: Logger): RedisAccess {
  const { topology, password, passwordFile, tls } = config;
  const server = openStoreAccess({ store: 'Redis', password, passwordFile, tls }, logger);
  const sentinels =
    topology.type === 'sentinel' ? openStoreAccess({ ...topology, store: 'Sentinel' }, logger) : undefined;
  return {
    server,
    sentinels,
    close() {
      server.close();
      sentinels?.close();
    },
  };
}

/** How the client wraps what the last Sentinel said. */
const ALL_SENTINELS = /^All sentinels are unreachable/;
const REFUSED = /WRONGPASS|NOAUTH|invalid password/;

/**
 * Lets a client, and every node of a Cluster that it finds, connect with the passwords and certificates of that moment. The
 * client connects again by itself; when it was refused, the files are read before that. Connections that are open go on: Redis
 * does not end them when a password changes.
 */
export function followAccess(client: RedisClient, { server, sentinels }: RedisAccess): void {
  if (client instanceof Cluster) {
    followAsCluster(client, server);
    return;
  }
  const { password, tls } = server;
  const follower = createFollower(server, (secret) => usePassword(client, secret));
  useTls(client, tls.current());
  tls.onChange((material) => useTls(client, material));
  client.on('error', (error: Error) => follower.failed(error, replyOf(error)));
  client.on('ready', () => follower.accepted());
  password.onChange(() => follower.renewed());
  if (sentinels !== undefined) followAtSentinels(client, sentinels);
}

/** One password for all nodes: those there are, and those that are found. */
function followAsCluster(cluster: Cluster, access: Access): void {
  const { password, tls } = access;
  const follower = createFollower(access, (secret) => {
    for (const node of cluster.nodes('all')) usePassword(node, secret);
  });
  cluster.on('+node', (node: Redis) => {
    usePassword(node, follower.used());
    useTls(node, tls.current());
    node.on('ready', () => follower.accepted());
  });
  // Also of the connections by which the Cluster asks for its nodes.
  cluster.on('node error', (error: Error) => follower.failed(error, error.message));
  tls.onChange((material) => {
    for (const node of cluster.nodes('all')) useTls(node, material);
  });
  password.onChange(() => follower.renewed());
}

function followAtSentinels(client: Redis, access: Access): void {
  const follower = createFollower(access, (secret) => {
    if (secret !== '') client.options.sentinelPassword = secret;
  });
  client.on('error', (error: Error) => {
    if (ALL_SENTINELS.test(error.message)) follower.failed(error, error.message);
  });
  client.on('ready', () => follower.accepted());
  access.password.onChange(() => follower.renewed());
}

/** None at all is not the same as an empty one. */
function usePassword(node: Redis, secret: string): void {
  if (secret !== '') node.options.password = secret;
}

function useTls(node: Redis, material: TlsMaterial): void {
  if (node.options.tls !== undefined) node.options.tls = material;
  if (node.options.sentinelTLS !== undefined) node.options.sentinelTLS = material;
}

/** Passwords, one after the other, for a client that tries by itself until it gets in. */
interface Follower {
  used(): string;
  /** A connection failed, with this text of the server. */
  failed(error: Error, text: string): void;
  accepted(): void;
  /** The file has another. */
  renewed(): void;
}

function createFollower({ password, tls }: Access, use: (secret: string) => void): Follower {
  const refused = new Set<string>();
  let used = password.current();
  const turnTo = (secret: string): void => {
    used = secret;
    use(secret);
  };
  const turn = async (): Promise<void> => {
    refused.add(used);
    const next = await password.insteadOf(refused);
    if (next === undefined) refused.clear();
    turnTo(next ?? password.current());
  };
  use(used);
  return {
    used: () => used,
    failed(error, text) {
      if (REFUSED.test(text)) void turn();
      else if (isTlsFailure(error)) void tls.check();
    },
    accepted() {
      refused.clear();
      password.accepted(used);
    },
    renewed() {
      refused.clear();
      turnTo(password.current());
    },
  };
}
