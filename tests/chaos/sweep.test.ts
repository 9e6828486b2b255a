import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '@tessera/clock';
import { loadConfig } from '@tessera/config';
import type { StorageApi } from '@tessera/contracts';
import { createStorageService, type StorageService } from '@tessera/storage';
import { noMetrics, silentLogger } from '@tessera/telemetry';
import { type PostgresServer, startPostgres, waitFor } from '@tessera/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';

const ENDED = 20_000;
const LIVE = 40;
const CLIENT = 'app';

let postgres: PostgresServer;
let database = '';
const services: StorageService[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
});
afterAll(async () => {
  for (const service of services) await service.close();
  await postgres?.close();
});

/** The clock of the machine, but the minute before a sweep is over when it is said to be. */
function createHeldClock() {
  let callBack = (): void => undefined;
  const clock: Clock = {
    ...systemClock,
    schedule(delayMs, callback) {
      if (delayMs !== 60_000) return systemClock.schedule(delayMs, callback);
      callBack = callback;
      return { cancel: () => undefined };
    },
  };
  return { clock, passMinute: () => callBack() };
}

/** A replica that is ready, and what makes it sweep. */
async function openStorage(): Promise<{ readonly service: StorageService; readonly sweep: () => void }> {
  const { host, port, user, password } = postgres;
  const text = stringify({
    issuer: 'http://127.0.0.1:1',
    storage: { type: 'postgres', config: { host, port, user, password, database, ssl: { mode: 'disable' } } },
    ephemeral: { type: 'memory' },
    keyEncryption: { value: Buffer.alloc(32, 7).toString('base64') },
    connectors: [{ type: 'mockCallback', id: 'mock', name: 'Mock' }],
    web: { http: '127.0.0.1:0' },
  });
  const loaded = loadConfig({ text, fileName: 'test.yaml', env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const base = { config: loaded.config, logger: silentLogger, metrics: noMetrics };
  const { clock, passMinute } = createHeldClock();
  const service = await createStorageService({ ...base, clock });
  services.push(service);
  await service.ready();
  return { service, sweep: passMinute };
}

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: postgres.url(database) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const TERMS = {
  clientId: CLIENT,
  redirectUri: 'http://127.0.0.1/',
  scopes: ['openid'],
  connectorId: 'mock',
  authTimeMs: 0,
};
const PERSON = { userId: 'u', username: 'u', preferredUsername: 'u', email: 'u@example.org', emailVerified: true };
/** Grants $1 to $2; those from $3 on are alive, the others ended a month ago, one after the other. */
const FILL = `
INSERT INTO tessera_grants (id, code_hash, subject, client_id, connector_id, is_refreshable, refreshes_upstream, terms,
  identity, connector_data, created_at, last_used_at, ends_at)
SELECT md5('grant ' || i)::uuid, sha256(convert_to('code ' || i, 'UTF8')), 'subject', '${CLIENT}', 'mock', true, false, $4, $5,
  '', now(), now(), CASE WHEN i < $3 THEN now() - interval '30 days' + i * interval '1 second' END
FROM generate_series($1::bigint, $2::bigint) AS i`;

async function fill(): Promise<readonly string[]> {
  const terms = JSON.stringify({ ...TERMS, isRefreshable: true, refreshesUpstream: false });
  const identity = JSON.stringify({ ...PERSON, groups: [], claims: {} });
  return withClient(async (client) => {
    await client.query(FILL, [1, ENDED + LIVE, ENDED + 1, terms, identity]);
    const { rows } = await client.query<{ id: string }>('SELECT id FROM tessera_grants WHERE ends_at IS NULL');
    return rows.map(({ id }) => id);
  });
}

/** Rotates the tokens of a grant without end; says how long each took, in milliseconds. */
async function keepRotating(api: StorageApi, grantId: string, isRunning: () => boolean): Promise<readonly number[]> {
  const tookMs: number[] = [];
  const rules = { clientId: CLIENT, rotates: true, reuseIntervalSeconds: 0, validIfNotUsedForSeconds: 0 };
  for (let generation = 0; isRunning(); generation += 1) {
    const startedMs = performance.now();
    const [outcome] = await api.rotateRefreshTokens([{ ...rules, grantId, generation, attemptId: randomUUID() }]);
    tookMs.push(performance.now() - startedMs);
    expect(outcome).toMatchObject({ ok: true, value: { type: 'rotated', grant: { generation: generation + 1 } } });
  }
  return tookMs;
}

const left = (): Promise<number> =>
  withClient(async (client) => (await client.query('SELECT FROM tessera_grants')).rowCount ?? 0);

test('ended grants leave while tokens rotate, also while a backup holds on to what there was', async () => {
  const replicas = [await openStorage(), await openStorage()] as const;
  const live = await fill();
  expect(live).toHaveLength(LIVE);
  const backup = new Client({ connectionString: postgres.url(database) });
  await backup.connect();
  await backup.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM tessera_grants');
  let isRunning = true;
  const rotations = live.slice(0, 8).map((grantId, index) => {
    const { api } = replicas[index % 2 === 0 ? 0 : 1].service;
    return keepRotating(api, grantId, () => isRunning);
  });
  for (const { sweep } of replicas) sweep();
  try {
    await waitFor(async () => (await left()) === LIVE, { what: 'ended grants to be gone', timeoutMs: 30_000 });
  } finally {
    isRunning = false;
  }
  const tookMs = (await Promise.all(rotations)).flat().toSorted((one, other) => one - other);
  expect(tookMs.length).toBeGreaterThan(50);
  expect(tookMs[Math.floor(tookMs.length * 0.99)]).toBeLessThan(1_000);
  // Each batch begins where the one before stopped: otherwise all would read what is dead but still seen, again and again.
  await Promise.all(replicas.map(({ service }) => service.close()));
  const reads = await withClient(async (client) => {
    const sql =
      "SELECT idx_tup_read::int AS read FROM pg_stat_user_indexes WHERE indexrelname = 'tessera_grants_by_end'";
    return (await client.query<{ read: number }>(sql)).rows[0]?.read ?? -1;
  });
  expect(reads).toBeGreaterThanOrEqual(ENDED);
  expect(reads).toBeLessThan(4 * ENDED);
  await backup.end();
});
