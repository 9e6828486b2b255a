import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { EphemeralConfig, RedisEphemeralConfig } from '../types.ts';
import { isHostName, splitHostPort } from './addresses.ts';
import { checkedText, optionalText, requiredText, text, wholeNumber } from './fields.ts';
import type { Partially } from './partially.ts';

const tls = z
  .strictObject({
    caFile: optionalText(
      'PEM file of the authorities that may sign the server certificate; the system store without it.',
    ),
    certFile: optionalText('PEM file of the client certificate; together with `keyFile`.'),
    keyFile: optionalText('PEM file of the client key; together with `certFile`.'),
  })
  .describe('TLS towards Redis; `tls: {}` turns it on with the system store.');

const nodeList = (description: string) =>
  z
    .array(
      checkedText('A node.', (value) =>
        isHostName(splitHostPort(value)?.host ?? '') ? undefined : 'must be a host name or host:port',
      ),
    )
    .min(1)
    .describe(description);

const memory = z
  .strictObject({
    type: z.literal('memory').describe('In this process; one process only.'),
    config: z.strictObject({}).prefault({}).describe('No keys.'),
  })
  .describe('Short-lived state in memory.');

const redis = z
  .strictObject({
    type: z.literal('redis').describe('Shared by any number of processes.'),
    config: z
      .strictObject({
        host: checkedText('Host name or address; `localhost` when left out.', (value) =>
          isHostName(value) ? undefined : 'must be a host name or address; the port has a key of its own',
        ).exactOptional(),
        port: wholeNumber('TCP port; 6379 when left out.', 1, 65535).exactOptional(),
        database: wholeNumber('Number of the logical database; 0 when left out.', 0, 65535).exactOptional(),
        username: optionalText('User of the Redis access-control list.'),
        password: optionalText('Password.'),
        passwordFile: optionalText('File that holds the password; instead of `password`. Read again when it changes.'),
        prefix: text('Prefix of every key.').default('tessera:'),
        tls: tls.exactOptional(),
        sentinel: z
          .strictObject({
            master: requiredText('Name of the primary, as the Sentinels know it.'),
            nodes: nodeList('The Sentinels, each as `host:port`; port 26379 when left out.'),
            username: optionalText('User of the Sentinels, where they ask for one.'),
            password: optionalText('Password of the Sentinels.'),
            passwordFile: optionalText(
              'File that holds the password; instead of `password`. Read again when it changes.',
            ),
          })
          .exactOptional()
          .describe('The server is found through Sentinels; instead of host and port.'),
        cluster: z
          .strictObject({
            nodes: nodeList('Nodes to begin with, each as `host:port`; port 6379 when left out. The others are found.'),
          })
          .exactOptional()
          .describe('The servers are a Redis Cluster; instead of host, port and database.'),
        url: checkedText(
          '`redis://user:password@host:port/database`, or `rediss://` with TLS; instead of those keys.',
          (value) => (parseRedisUrl(value) === undefined ? 'must be a redis:// or rediss:// URL' : undefined),
        ).exactOptional(),
      })
      .prefault({})
      .describe('The Redis connection.'),
  })
  .describe('Short-lived state in Redis.');

/** `ephemeral` (Tessera's own): where short-lived state lives. */
export const ephemeralSchema = z
  .discriminatedUnion('type', [memory, redis])
  .prefault({ type: 'memory' })
  .meta({
    description:
      'Where short-lived state lives: sign-ins in progress, codes, pushed and device requests, counters. `memory` is of one process: with several, each would know only its own sign-ins.',
    otherTypes: { noun: 'ephemeral storage', knownFromDex: [] },
  });

/** What cannot stand beside each of the ways to name the servers. */
const saidBy = {
  cluster: ['host', 'port', 'database', 'url', 'sentinel'],
  sentinel: ['host', 'port', 'url'],
  url: ['host', 'port', 'database', 'username'],
} as const;

/** Rules between the keys of `ephemeral`. */
export function checkEphemeral(
  ephemeral: Partially<z.input<typeof ephemeralSchema>> | undefined,
  report: Report,
): void {
  if (ephemeral?.type !== 'redis') return;
  const { tls: transport, url } = ephemeral.config ?? {};
  const path = ['ephemeral', 'config'];
  if ((transport?.certFile === undefined) !== (transport?.keyFile === undefined)) {
    report.derived([...path, 'tls'], 'needs certFile and keyFile together, or neither');
  }
  const way = (['cluster', 'sentinel', 'url'] as const).find((key) => ephemeral.config?.[key] !== undefined);
  for (const key of way === undefined ? [] : saidBy[way]) {
    if (ephemeral.config?.[key] !== undefined)
      report.derived([...path, key], `stands beside ${way}, which says the same; keep one of them`);
  }
  if (url === undefined) return;
  if (transport !== undefined && parseRedisUrl(url)?.isTls === false) {
    report.derived([...path, 'url'], 'must begin with rediss:// when there is a tls block');
  }
}

interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** Takes a Redis URL apart; undefined when it is none. */
function parseRedisUrl(value: string): RedisAddress | undefined {
  const url = /^rediss?:\/\/[^\s\\]+$/.test(value) ? URL.parse(value) : null;
  const database = /^\/?(\d{0,5})$/.exec(url?.pathname ?? '')?.[1];
  if (url === null || url.hostname === '' || url.search !== '' || url.hash !== '' || database === undefined)
    return undefined;
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === undefined || password === undefined) return undefined;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    database: Number(database),
    isTls: url.protocol === 'rediss:',
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
}

function decode(component: string): string | undefined {
  try {
    return decodeURIComponent(component);
  } catch {
    return undefined;
  }
}

/** The effective block of short-lived state. */
export function toEphemeralConfig(ephemeral: z.output<typeof ephemeralSchema>): EphemeralConfig {
  if (ephemeral.type === 'memory') return { type: 'memory' };
  const { config } = ephemeral;
  const address = config.url === undefined ? undefined : parseRedisUrl(config.url);
  const username = address?.username ?? config.username;
  const password = config.password ?? address?.password;
  const transport = config.tls ?? (address?.isTls === true ? {} : undefined);
  return {
    type: 'redis',
    topology: toTopology(config, address),
    prefix: config.prefix,
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
    ...(config.passwordFile ? { passwordFile: config.passwordFile } : {}),
    ...(transport === undefined ? {} : { tls: transport }),
  };
}

type RedisInput = (z.output<typeof ephemeralSchema> & { readonly type: 'redis' })['config'];

function toTopology(
  { host, port, database, sentinel, cluster }: RedisInput,
  address: RedisAddress | undefined,
): RedisEphemeralConfig['topology'] {
  if (cluster !== undefined) return { type: 'cluster', nodes: cluster.nodes.map((node) => toNode(node, 6379)) };
  if (sentinel === undefined) {
    return {
      type: 'single',
      host: address?.host ?? host ?? 'localhost',
      port: address?.port ?? port ?? 6379,
      database: address?.database ?? database ?? 0,
    };
  }
  const { master, nodes, username, password, passwordFile } = sentinel;
  return {
    type: 'sentinel',
    master,
    sentinels: nodes.map((node) => toNode(node, 26_379)),
    database: database ?? 0,
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
    ...(passwordFile ? { passwordFile } : {}),
  };
}

function toNode(value: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const parts = splitHostPort(value);
  return { host: parts?.host ?? value, port: parts?.port ?? defaultPort };
}
