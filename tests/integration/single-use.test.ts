import { randomBytes, randomUUID } from 'node:crypto';
import { systemClock } from '@tessera/clock';
import { loadConfig, type TesseraConfig } from '@tessera/config';
import type { Authorization, CodeToRedeem, StorageApi } from '@tessera/contracts';
import type { Outcome } from '@tessera/rpc';
import { createStorageService } from '@tessera/storage';
import { noMetrics, silentLogger } from '@tessera/telemetry';
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@tessera/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { systemConfig } from '../support/system-config.ts';

/** Two replicas of storage: what holds between them is held by the database, not by a process. */
const REPLICAS = 2;
const CALLERS = 30;

let postgres: PostgresServer;
let redis: RedisServer;
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
});
afterAll(async () => {
  await Promise.all([postgres?.close(), redis?.close()]);
});

async function databaseWith(isolation: string): Promise<string> {
  const database = await postgres.createDatabase();
  const client = new Client({ connectionString: postgres.url(database) });
  await client.connect();
  await client.query(`ALTER DATABASE "${database}" SET default_transaction_isolation TO '${isolation}'`);
  await client.end();
  return database;
}

function configOf(database: string): TesseraConfig {
  const { host, port, user, password } = postgres;
  const text = stringify({
    ...systemConfig({ issuer: 'http://127.0.0.1:1/dex', ldapPort: 1, upstreamIssuer: 'http://127.0.0.1:1' }),
    storage: { type: 'postgres', config: { host, port, user, password, database, ssl: { mode: 'disable' } } },
    ephemeral: { type: 'redis', config: { host: redis.host, port: redis.port } },
    keyEncryption: { value: Buffer.alloc(32, 7).toString('base64') },
    web: { http: '127.0.0.1:0' },
  });
  const loaded = loadConfig({ text, fileName: 'test.yaml', env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

const authorization = (): Authorization => ({
  clientId: 'app',
  redirectUri: 'https://app.example/callback',
  scopes: ['openid', 'offline_access'],
  identity: {
    userId: 'jane-1',
    username: 'jane',
    preferredUsername: 'jane',
    email: 'jane@example.com',
    emailVerified: true,
    groups: [],
    claims: {},
  },
  connectorId: 'ldap',
  connectorData: new Uint8Array(),
  authTime: systemClock.now(),
  isRefreshable: true,
  refreshesUpstream: false,
});

async function putCode(api: StorageApi): Promise<string> {
  const id = randomBytes(16).toString('base64url');
  await api.putAuthorizationRequest({ id, version: 1, payload: Buffer.from('{}') }, 60);
  const completion = { id, version: 1, authorization: authorization(), codeTtlSeconds: 60, attemptId: randomUUID() };
  if (!(await api.completeAuthorizationRequest(completion))) throw new Error('the request was completed before');
  return id;
}

function assertAnswered<T>(outcome: Outcome<T> | undefined): T {
  if (outcome?.ok === true) return outcome.value;
  throw outcome?.error ?? new Error('no outcome');
}

const attemptAt = (codeId: string): CodeToRedeem => ({
  codeId,
  clientId: 'app',
  redirectUri: 'https://app.example/callback',
  grantId: randomUUID(),
  tokensExpireAt: new Date(systemClock.now().getTime() + 3_600_000),
  validIfNotUsedForSeconds: 0,
});

/** The same from all callers at once, in turns at each replica. */
async function fromAll<T>(replicas: readonly StorageApi[], call: (api: StorageApi) => Promise<T>): Promise<T[]> {
  const turns = Array.from({ length: CALLERS / replicas.length }, () => replicas).flat();
  return Promise.all(turns.map(call));
}

/**
 * Calls again while the answer is that there is none now: a database that finds no order for so many at once says so, and the
 * caller comes again with the very same attempt.
 */
async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (thrown) {
      const isTransient = thrown instanceof Error && 'kind' in thrown && thrown.kind === 'unavailable';
      if (!isTransient || tries === CALLERS) throw thrown;
    }
  }
}

/** How often each word was answered. */
function counted(words: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(words.toSorted().map((word) => [word, words.filter((one) => one === word).length]));
}

describe.each(['read committed', 'serializable'])('a database whose transactions are %s', (isolation) => {
  let replicas: StorageApi[];
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const config = configOf(await databaseWith(isolation));
    const base = { config, clock: systemClock, logger: silentLogger, metrics: noMetrics };
    replicas = [];
    for (let count = 0; count < REPLICAS; count += 1) {
      const service = await createStorageService(base);
      closers.push(() => service.close());
      await service.ready();
      replicas.push(service.api);
    }
  });
  afterAll(() => Promise.all(closers.map((close) => close())));

  test('N17: of all who redeem one code at once exactly one gets its grant, which is revoked', async () => {
    const [api] = replicas as [StorageApi];
    const codeId = await putCode(api);
    const values = await fromAll(replicas, (replica) => {
      const attempt = attemptAt(codeId);
      return persistently(async () => assertAnswered((await replica.redeemCodes([attempt]))[0]));
    });
    const words = values.map((value) => (value.type === 'redeemed' ? 'redeemed' : value.refusal));
    expect(counted(words)).toEqual({ redeemed: 1, replayed: CALLERS - 1 });
    const winner = values.find((value) => value.type === 'redeemed');
    const [grant] = await api.findGrants([winner?.type === 'redeemed' ? winner.grant.id : '']);
    expect(grant?.ok === true && grant.value?.revokedAt).toBeInstanceOf(Date);
  });

  test('N17, N18: of all who rotate one refresh token at once one is answered, and the family is revoked', async () => {
    const [api] = replicas as [StorageApi];
    const code = attemptAt(await putCode(api));
    await api.redeemCodes([code]);
    const { grantId } = code;
    const token = { grantId, generation: 0, clientId: 'app', rotates: true, reuseIntervalSeconds: 0 };
    const values = await fromAll(replicas, (replica) => {
      const attempt = { ...token, validIfNotUsedForSeconds: 0, attemptId: randomUUID() };
      return persistently(async () => assertAnswered((await replica.rotateRefreshTokens([attempt]))[0]));
    });
    expect(counted(values.map(({ type }) => type))).toEqual({ refused: CALLERS - 1, rotated: 1 });
    const [grant] = await api.findGrants([grantId]);
    expect(grant?.ok === true && grant.value?.revokedAt).toBeInstanceOf(Date);
  });

  test('N16: of all who use one value at once, one is the first', async () => {
    const value = { scope: `client_assertion:app ${isolation}`, value: randomUUID(), ttlSeconds: 60 };
    const answers = (await fromAll(replicas, (replica) => replica.consumeOnce([value]))).flat();
    expect(answers.filter((answer) => answer.ok && answer.value)).toHaveLength(1);
  });
});
