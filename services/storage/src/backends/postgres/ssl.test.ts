import { expect, test } from 'vitest';
import { type PostgresConfig, sslOptions } from './ssl.ts';

const config = (mode: PostgresConfig['ssl']['mode'], host = 'db.example'): PostgresConfig => ({
  type: 'postgres',
  host,
  port: 5432,
  database: 'x',
  user: 'x',
  password: 'x',
  connectionTimeoutSeconds: 5,
  maxOpenConns: 10,
  ssl: { mode },
});

const certificate = (name: string) => ({ subject: { CN: name }, subjectaltname: `DNS:${name}` }) as never;

test('each mode of TLS verifies what its name says', () => {
  expect(sslOptions(config('disable'), {})).toBe(false);
  expect(sslOptions(config('verify-full', '/run/postgresql'), {})).toBe(false);
  expect(sslOptions(config('require'), {})).toEqual({ rejectUnauthorized: false });
  const ca = sslOptions(config('verify-ca'), {});
  const full = sslOptions(config('verify-full'), {});
  if (ca === false || full === false) throw new Error('no TLS');
  expect([ca.rejectUnauthorized, full.rejectUnauthorized]).toEqual([true, true]);
  expect(ca.checkServerIdentity?.('localhost', certificate('other.example'))).toBeUndefined();
  expect(full.checkServerIdentity?.('localhost', certificate('other.example'))).toBeInstanceOf(Error);
  expect(full.checkServerIdentity?.('localhost', certificate('db.example'))).toBeUndefined();
});
