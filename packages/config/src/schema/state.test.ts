import { describe, expect, test } from 'vitest';
import { configOf, loadFile, problemsOf } from '../testing/config-text.ts';

describe('storage, short-lived state and the key-encryption key', () => {
  const postgres = { host: 'db:6000', database: 'd', user: 'u' };
  const value = Buffer.alloc(32, 1).toString('base64');

  test('memory keeps its key as long as the process', () => {
    expect(configOf(loadFile()).keyEncryption).toEqual({ type: 'ephemeral' });
  });

  test('a SQLite database in memory does so as well', () => {
    const storage = { type: 'sqlite3', config: { file: ':memory:' } };
    expect(configOf(loadFile({ storage })).keyEncryption).toEqual({ type: 'ephemeral' });
  });

  test('postgres without a key says how to make one', () => {
    expect(problemsOf(loadFile({ storage: { type: 'postgres', config: postgres } }))).toEqual([
      expect.stringMatching(/^keyEncryption is required with postgres.*openssl rand -base64 32/),
    ]);
  });

  test.each([
    [{ file: '/run/kek' }, { type: 'file', file: '/run/kek', createIfMissing: false }],
    [{ valueFromEnv: 'KEK' }, { type: 'value', value }],
    [{ value }, { type: 'value', value }],
  ])('the key by %j', (keyEncryption, expected) => {
    const storage = { type: 'postgres', config: postgres };
    expect(configOf(loadFile({ storage, keyEncryption }, { env: { KEK: `${value}\n` } })).keyEncryption).toEqual(
      expected,
    );
  });

  test.each([
    [{}, 'keyEncryption needs exactly one of file, valueFromEnv, value and vault'],
    [{ file: 'a', value }, 'keyEncryption needs exactly one of file, valueFromEnv, value and vault'],
    [{ value: 'c2hvcnQ=' }, 'keyEncryption.value must be 32 bytes in base64; make one with: openssl rand -base64 32'],
    [
      { valueFromEnv: 'NOT_SET' },
      'keyEncryption.valueFromEnv names the environment variable NOT_SET, which is not set',
    ],
  ])('the key by %j is refused', (keyEncryption, expected) => {
    expect(problemsOf(loadFile({ keyEncryption }))).toContain(expected);
  });

  test('postgres has the defaults of Dex, and its host may carry the port', () => {
    const config = configOf(loadFile({ storage: { type: 'postgres', config: postgres }, keyEncryption: { value } }));
    expect(config.storage).toEqual({
      type: 'postgres',
      host: 'db',
      port: 6000,
      database: 'd',
      user: 'u',
      password: '',
      connectionTimeoutSeconds: 5,
      maxOpenConns: 10,
      ssl: { mode: 'verify-full' },
    });
  });

  test.each([
    [{ ...postgres, port: 5432 }, 'storage.config.port differs from the port in host (6000); keep one of them'],
    [{ ...postgres, port: 0 }, 'storage.config.port must be at least 1'],
    [
      { ...postgres, ssl: { mode: 'prefer' } },
      'storage.config.ssl.mode must be one of disable, require, verify-ca, verify-full',
    ],
    [{ ...postgres, ssl: { keyFile: 'k' } }, 'storage.config.ssl needs keyFile and certFile together, or neither'],
    [{ host: 'h', user: 'u' }, 'storage.config.database is required'],
  ])('postgres with %j is refused', (config, expected) => {
    expect(problemsOf(loadFile({ storage: { type: 'postgres', config }, keyEncryption: { value } }))).toEqual([
      expected,
    ]);
  });

  test('redis has defaults', () => {
    expect(configOf(loadFile({ ephemeral: { type: 'redis' } })).ephemeral).toEqual({
      type: 'redis',
      topology: { type: 'single', host: 'localhost', port: 6379, database: 0 },
      prefix: 'tessera:',
    });
  });

  test('redis by URL: user information, database and TLS', () => {
    const ephemeral = { type: 'redis', config: { url: 'rediss://ann:p%40ss@cache.example.org:6380/2' } };
    expect(configOf(loadFile({ ephemeral })).ephemeral).toEqual({
      type: 'redis',
      topology: { type: 'single', host: 'cache.example.org', port: 6380, database: 2 },
      prefix: 'tessera:',
      username: 'ann',
      password: 'p@ss',
      tls: {},
    });
  });

  test.each([
    [{ url: 'http://x' }, 'ephemeral.config.url must be a redis:// or rediss:// URL'],
    [{ url: 'redis://x/y' }, 'ephemeral.config.url must be a redis:// or rediss:// URL'],
    [{ url: 'redis://x', host: 'y' }, 'ephemeral.config.host stands beside url, which says the same; keep one of them'],
    [{ url: 'redis://x', tls: {} }, 'ephemeral.config.url must begin with rediss:// when there is a tls block'],
    [{ host: 'x:6379' }, 'ephemeral.config.host must be a host name or address; the port has a key of its own'],
    [{ tls: { certFile: 'c' } }, 'ephemeral.config.tls needs certFile and keyFile together, or neither'],
  ])('redis with %j is refused', (config, expected) => {
    expect(problemsOf(loadFile({ ephemeral: { type: 'redis', config } }))).toEqual([expected]);
  });

  test('redis through Sentinels', () => {
    const config = { sentinel: { master: 'm', nodes: ['s1', 's2:1'], username: 'w' }, database: 3, password: 'p' };
    expect(configOf(loadFile({ ephemeral: { type: 'redis', config } })).ephemeral).toEqual({
      type: 'redis',
      topology: {
        type: 'sentinel',
        master: 'm',
        sentinels: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 1 },
        ],
        database: 3,
        username: 'w',
      },
      password: 'p',
      prefix: 'tessera:',
    });
  });

  test('a Redis Cluster', () => {
    const config = { cluster: { nodes: ['a', '[::1]:7000'] } };
    expect(configOf(loadFile({ ephemeral: { type: 'redis', config } })).ephemeral).toMatchObject({
      topology: {
        type: 'cluster',
        nodes: [
          { host: 'a', port: 6379 },
          { host: '::1', port: 7000 },
        ],
      },
    });
  });

  test.each([
    [{ cluster: { nodes: [] } }, 'ephemeral.config.cluster.nodes must not be empty'],
    [
      { cluster: { nodes: ['a'] }, host: 'b' },
      'ephemeral.config.host stands beside cluster, which says the same; keep one of them',
    ],
    [
      { cluster: { nodes: ['a'] }, database: 1 },
      'ephemeral.config.database stands beside cluster, which says the same; keep one of them',
    ],
    [{ sentinel: { nodes: ['a'] } }, 'ephemeral.config.sentinel.master is required'],
    [
      { sentinel: { master: 'm', nodes: ['redis://a'] } },
      'ephemeral.config.sentinel.nodes[0] must be a host name or host:port',
    ],
    [
      { sentinel: { master: 'm', nodes: ['a'] }, cluster: { nodes: ['a'] } },
      'ephemeral.config.sentinel stands beside cluster, which says the same; keep one of them',
    ],
  ])('redis servers by %j are refused', (config, expected) => {
    expect(problemsOf(loadFile({ ephemeral: { type: 'redis', config } }))).toEqual([expected]);
  });

  const mysql = { host: 'db:3307', database: 'd', user: 'u' };

  test.each([
    [{}, 'true'],
    [{ ssl: { mode: true } }, 'true'],
    [{ ssl: { mode: 'custom', caFile: 'ca' } }, 'true'],
    [{ ssl: { mode: false } }, 'false'],
    [{ ssl: { mode: 'skip-verify' } }, 'skip-verify'],
  ])('mysql with %j has the defaults of Dex', (additions, mode) => {
    const storage = { type: 'mysql', config: { ...mysql, ...additions } };
    expect(configOf(loadFile({ storage, keyEncryption: { value } })).storage).toMatchObject({
      type: 'mysql',
      host: 'db',
      port: 3307,
      password: '',
      connectionTimeoutSeconds: 5,
      maxOpenConns: 10,
      ssl: { mode },
    });
  });

  test.each([
    [{ ...mysql, port: 1 }, 'storage.config.port differs from the port in host (3307); keep one of them'],
    [{ ...mysql, ssl: { certFile: 'c' } }, 'storage.config.ssl needs keyFile and certFile together, or neither'],
    [{ ...mysql, ssl: { mode: 'maybe' } }, 'storage.config.ssl.mode must be one of true, false, skip-verify, custom'],
    [
      { ...mysql, params: { a: 'b' } },
      expect.stringContaining(
        'storage.config.params is known from Dex, not served by this version: the session would not have',
      ),
    ],
  ])('mysql with %j is refused', (config, expected) => {
    expect(problemsOf(loadFile({ storage: { type: 'mysql', config }, keyEncryption: { value } }))).toEqual([expected]);
  });

  test('etcd: members without a protocol are http, and have the usual port', () => {
    const config = {
      endpoints: ['etcd-0', 'http://[::1]:1', 'http://e:80/', 'http://[::1]'],
      namespace: 'auth/',
      ssl: { serverName: 'etcd' },
    };
    expect(configOf(loadFile({ storage: { type: 'etcd', config }, keyEncryption: { value } })).storage).toEqual({
      type: 'etcd',
      endpoints: ['http://etcd-0:2379', 'http://[::1]:1', 'http://e:80', 'http://[::1]:2379'],
      namespace: 'auth/',
      ssl: { serverName: 'etcd' },
    });
  });

  test.each([
    [{ endpoints: [] }, 'storage.config.endpoints must not be empty'],
    [{ endpoints: ['ftp://a'] }, 'storage.config.endpoints must be URLs such as https://etcd-0:2379'],
    [{ endpoints: ['https://a', 'http://b'] }, 'storage.config.endpoints must be all http or all https'],
  ])('etcd with %j is refused', (config, expected) => {
    expect(problemsOf(loadFile({ storage: { type: 'etcd', config }, keyEncryption: { value } }))).toEqual([expected]);
  });

  test.each(['mysql', 'etcd'])('%s without a key says how to make one', (type) => {
    const config = type === 'etcd' ? { endpoints: ['a'] } : mysql;
    expect(problemsOf(loadFile({ storage: { type, config } }))).toEqual([
      expect.stringMatching(new RegExp(`^keyEncryption is required with ${type}.*openssl rand -base64 32`)),
    ]);
  });

  test('a read-only copy of postgres has the port of the primary when it says none', () => {
    const config = { ...postgres, replica: { host: 'copy' } };
    expect(
      configOf(loadFile({ storage: { type: 'postgres', config }, keyEncryption: { value } })).storage,
    ).toMatchObject({ replica: { host: 'copy', port: 6000 } });
  });
});

describe('events', () => {
  test('none are kept when nothing is said', () => {
    expect(configOf(loadFile())).not.toHaveProperty('events');
  });

  test('kafka has a topic and a client id, and its password may come from a file or the environment', () => {
    const sasl = { mechanism: 'scram-sha-256', username: 'u', passwordEnv: 'KAFKA_PASSWORD' };
    const events = { type: 'kafka', config: { brokers: ['kafka:9092'], sasl } };
    expect(configOf(loadFile({ events }, { env: { KAFKA_PASSWORD: 'secret' } })).events).toEqual({
      type: 'kafka',
      brokers: ['kafka:9092'],
      topic: 'tessera.events',
      clientId: 'tessera',
      sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'secret' },
    });
  });

  test.each([
    [{ type: 'kafka', config: { brokers: [] } }, 'events.config.brokers must not be empty'],
    [{ type: 'kafka', config: { brokers: ['kafka'] } }, 'events.config.brokers[0] must be host:port'],
    [
      { type: 'kafka', config: { brokers: ['k:1'], sasl: { mechanism: 'plain', username: 'u' } } },
      'events.config.sasl.password is required',
    ],
    [
      { type: 'kafka', config: { brokers: ['k:1'], tls: { keyFile: 'k' } } },
      'events.config.tls needs certFile and keyFile together, or neither',
    ],
    [
      { type: 'kafka', config: { brokers: ['k:1'], topic: 'a b' } },
      'events.config.topic must be a topic name: letters, digits, dots, underscores and hyphens',
    ],
    [{ type: 'file', config: {} }, 'events.config.file is required'],
  ])('%j is refused', (events, expected) => {
    expect(problemsOf(loadFile({ events }))).toEqual([expected]);
  });
});
