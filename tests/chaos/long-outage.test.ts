import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '@tessera/cli';
import { waitFor } from '@tessera/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { codeOf, redeem, refresh, signIn } from '../support/sign-in.ts';
import { systemConfig } from '../support/system-config.ts';
import { type Answer, quantileMs, startTraffic, type Traffic } from './traffic.ts';

/** Longer than the deadlines of calls and the reuse interval together, and than any pause between attempts to connect. */
const OUTAGE_MS = 8_500;
const APPLICATIONS = 6;
/** Of connections of one storage replica, the default of `maxOpenConns`. */
const MOST_CONNECTIONS = 10;
const REPLICAS = 2;

let cluster: Cluster;

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  cluster = await startCluster({ config: stringify(config), replicas: { token: REPLICAS, storage: REPLICAS } });
});
afterAll(() => cluster?.close());

/** Main memory of all processes together, in MiB. */
async function memory(): Promise<number> {
  const sizes = cluster.processes.map(async ({ pid }) => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  });
  return (await Promise.all(sizes)).reduce((left, right) => left + right, 0);
}

/** Connections of storage: those of now, and those there ever were since the server began. */
async function connections(): Promise<{ readonly now: number; readonly ever: number }> {
  const client = new Client({ connectionString: cluster.postgres.url() });
  await client.connect();
  const { rows } = await client.query<{ now: number; ever: number }>(
    `SELECT sessions::int AS ever, (SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'tessera-storage') AS now
     FROM pg_stat_database WHERE datname = 'tessera'`,
  );
  await client.end();
  return rows[0] ?? { now: -1, ever: -1 };
}

const of = (traffic: Traffic, ...requests: Answer['request'][]): readonly Answer[] =>
  traffic.answers.filter(({ request }) => requests.includes(request));

/** Whoever needed what was away was told so at once, in the words of the protocol, and told when to come again. */
function expectPostponed(answers: readonly Answer[]): void {
  const postponed = { status: 503, error: 'temporarily_unavailable', retryAfter: expect.stringMatching(/^\d+$/) };
  const failures = answers.filter(({ status }) => status !== 200);
  expect(failures.length).toBeGreaterThan(10);
  for (const failure of failures) expect(failure).toMatchObject(postponed);
  expect(quantileMs(answers, 0.99)).toBeLessThan(3_000);
}

/** Every token that was answered last works, once; what it replaced long ago does not, and ends its family (RFC 9700 §4.14.2). */
async function expectNothingLost(traffic: Traffic): Promise<void> {
  const families = await traffic.end();
  expect(families.length).toBeGreaterThan(APPLICATIONS);
  for (const { current, spent } of families) {
    const answer = await refresh(cluster.issuer, current);
    expect([spent.length, answer.status]).toEqual([spent.length, 200]);
    const [oldest] = spent;
    if (oldest === undefined) continue;
    expect((await refresh(cluster.issuer, oldest)).status).toBe(400);
    expect((await refresh(cluster.issuer, String(answer.body['refresh_token']))).status).toBe(400);
  }
}

test('PostgreSQL is away for long: what needs it is postponed at once, nothing piles up, nothing is lost, and it resumes by itself', async () => {
  const traffic = await startTraffic(cluster.issuer, APPLICATIONS);
  await waitFor(() => traffic.count('refresh', 200) > 4 * APPLICATIONS && traffic.count('redeem', 200) > 1, {
    what: 'traffic',
  });
  const before = await memory();
  const code = codeOf(await signIn({ issuer: cluster.issuer }));
  await cluster.postgres.stop();
  traffic.forget();
  const untilMs = performance.now() + OUTAGE_MS;
  for (; performance.now() < untilMs; await sleep(200)) {
    const { status, body, headers } = await redeem(cluster.issuer, code);
    expect([status, body['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
  }
  for (const request of ['refresh', 'introspect'] as const) expectPostponed(of(traffic, request));
  // A person is known by a session, which is durable: they are told to come again, too.
  const signIns = of(traffic, 'sign-in');
  expect(signIns.length).toBeGreaterThan(2);
  for (const answer of signIns)
    expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
  expect(traffic.mostInFlight).toBeLessThan(40);
  expect((await memory()) - before).toBeLessThan(400);
  // Keys and metadata, and the health of the signer, need no durable state.
  for (const { status } of of(traffic, 'public')) expect(status).toBe(200);
  await cluster.postgres.start();
  traffic.forget();
  const isServed = () => traffic.count('refresh', 200) > 4 * APPLICATIONS && traffic.count('redeem', 200) > 2;
  await waitFor(isServed, { what: 'refreshes and redemptions', timeoutMs: 5_000 });
  // The code that could not be redeemed meanwhile is good still.
  expect((await redeem(cluster.issuer, code)).status).toBe(200);
  const { now, ever } = await connections();
  expect(now).toBeLessThanOrEqual(REPLICAS * MOST_CONNECTIONS);
  // Each was made once, but for a few that came before the server was ready.
  expect(ever).toBeLessThanOrEqual(2 * REPLICAS * MOST_CONNECTIONS);
  await expectNothingLost(traffic);
});

test('Redis is away for long: sign-ins are postponed at once, refreshes do not notice, and it resumes by itself', async () => {
  const traffic = await startTraffic(cluster.issuer, APPLICATIONS);
  await waitFor(() => traffic.count('redeem', 200) > 1, { what: 'traffic' });
  await cluster.redis.stop();
  await waitFor(() => traffic.count('sign-in', 503) > 0, { what: 'a sign-in to be postponed' });
  traffic.forget();
  await sleep(OUTAGE_MS);
  const signIns = of(traffic, 'sign-in');
  expect(signIns.length).toBeGreaterThan(5);
  for (const answer of signIns)
    expect(answer).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
  expect(quantileMs(signIns, 0.99)).toBeLessThan(3_000);
  for (const { status } of of(traffic, 'refresh', 'introspect', 'public')) expect(status).toBe(200);
  expect(quantileMs(of(traffic, 'refresh'), 0.99)).toBeLessThan(1_000);
  await cluster.redis.start();
  traffic.forget();
  await waitFor(() => traffic.count('redeem', 200) > 2, { what: 'sign-ins', timeoutMs: 5_000 });
  await expectNothingLost(traffic);
});
