import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { EphemeralConfig } from '../types.ts';
import { isHostName } from './addresses.ts';
import { checkedText, optionalText, text, wholeNumber } from './fields.ts';
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
        passwordFile: optionalText('File that holds the password; instead of `password`.'),
        prefix: text('Prefix of every key.').default('tessera:'),
        tls: tls.exactOptional(),
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
    description: 'Where short-lived state lives: sign-ins in progress and codes.',
    otherTypes: { noun: 'ephemeral storage', knownFromDex: [] },
  });

/** Rules between the keys of `ephemeral`. */
export function checkEphemeral(
  ephemeral: Partially<z.input<typeof ephemeralSchema>> | undefined,
  report: Report,
): void {
  if (ephemeral?.type !== 'redis') return;
  const { tls: transport, url, ...rest } = ephemeral.config ?? {};
  const path = ['ephemeral', 'config'];
  if ((transport?.certFile === undefined) !== (transport?.keyFile === undefined)) {
    report.derived([...path, 'tls'], 'needs certFile and keyFile together, or neither');
  }
  if (url === undefined) return;
  for (const key of ['host', 'port', 'database', 'username'] as const) {
    if (rest[key] !== undefined)
      report.derived([...path, key], 'stands beside url, which says the same; keep one of them');
  }
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
    host: address?.host ?? config.host ?? 'localhost',
    port: address?.port ?? config.port ?? 6379,
    database: address?.database ?? config.database ?? 0,
    prefix: config.prefix,
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined || password === '' ? {} : { password }),
    ...(transport === undefined ? {} : { tls: transport }),
  };
}
