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
    [{}, 'keyEncryption needs exactly one of file, valueFromEnv and value'],
    [{ file: 'a', value }, 'keyEncryption needs exactly one of file, valueFromEnv and value'],
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
      host: 'localhost',
      port: 6379,
      database: 0,
      prefix: 'tessera:',
    });
  });

  test('redis by URL: user information, database and TLS', () => {
    const ephemeral = { type: 'redis', config: { url: 'rediss://ann:p%40ss@cache.example.org:6380/2' } };
    expect(configOf(loadFile({ ephemeral })).ephemeral).toEqual({
      type: 'redis',
      host: 'cache.example.org',
      port: 6380,
      database: 2,
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
});
