import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '@tessera/cli';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { codeOf, type JsonAnswer, redeem, refresh, signIn, signInForTokens } from '../support/sign-in.ts';
import { systemConfig } from '../support/system-config.ts';

/** What `Retry-After` says. */
const PAUSE_MS = 1_000;
/** Longer than a call between services may take. */
const BEYOND_THE_CALL_MS = 6_000;
const APPLICATIONS = 6;

let cluster: Cluster;

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  cluster = await startCluster({
    config: stringify(config),
    // A token that comes a second time is a reused one at once: only what is known of a lost answer saves its client.
    additions: { expiry: { refreshTokens: { reuseInterval: '0s' } } },
    replicas: { token: 2, storage: 2, keys: 2 },
  });
});
afterAll(() => cluster?.close());

const tokenOf = ({ body }: JsonAnswer): string => String(body['refresh_token']);

/** Requests that no answer came to in time. */
async function expectPostponed(answers: readonly Promise<JsonAnswer>[]): Promise<void> {
  for (const { status, body, headers } of await Promise.all(answers)) {
    expect([status, body['error'], headers.get('retry-after')]).toEqual([503, 'temporarily_unavailable', '1']);
  }
}

/** The client comes again with what it has, goes on with what it gets, and the token before is one that was reused. */
async function expectFamiliesAlive(tokens: readonly string[]): Promise<void> {
  const again = await Promise.all(tokens.map((token) => refresh(cluster.issuer, token)));
  expect(again.map(({ status }) => status)).toEqual(tokens.map(() => 200));
  const next = await Promise.all(again.map((answer) => refresh(cluster.issuer, tokenOf(answer))));
  expect(next.map(({ status }) => status)).toEqual(tokens.map(() => 200));
  const reused = await Promise.all(tokens.map((token) => refresh(cluster.issuer, token)));
  expect(reused.map(({ status }) => status)).toEqual(tokens.map(() => 400));
  const ended = await Promise.all(next.map((answer) => refresh(cluster.issuer, tokenOf(answer))));
  expect(ended.map(({ status }) => status)).toEqual(tokens.map(() => 400));
}

async function families(): Promise<readonly string[]> {
  const { issuer } = cluster;
  const signedIn = await Promise.all(Array.from({ length: APPLICATIONS }, () => signInForTokens({ issuer })));
  return signedIn.map(({ refresh_token }) => refresh_token);
}

test('RFC 9700 §4.14.2: all signers hang for longer than a request may take, and each client comes in with its old token', async () => {
  const tokens = await families();
  const { issuer } = cluster;
  for (const replica of cluster.of('keys')) replica.kill('SIGSTOP');
  try {
    // Each is given up when its time is over; the second time the rotation is done already.
    for (let round = 0; round < 2; round += 1) {
      await expectPostponed(tokens.map((token) => refresh(issuer, token)));
      await sleep(PAUSE_MS);
    }
  } finally {
    for (const replica of cluster.of('keys')) replica.kill('SIGCONT');
  }
  await expectFamiliesAlive(tokens);
});

test('RFC 9700 §4.14.2: PostgreSQL hangs in the middle of commits, and each client comes in with its old token', async () => {
  const { issuer } = cluster;
  const tokens = await families();
  const code = codeOf(await signIn({ issuer }));
  // Some are in the middle of their statement when the server stops, others come after.
  const early = tokens.map((token) => refresh(issuer, token));
  await sleep(5);
  const pids = await cluster.postgres.pids();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const redemption = redeem(issuer, code);
  await sleep(BEYOND_THE_CALL_MS);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  await expectPostponed([redemption]);
  const held = (await Promise.all(early)).map((answer, index) => {
    expect([200, 503]).toContain(answer.status);
    return answer.status === 200 ? tokenOf(answer) : (tokens[index] ?? '');
  });
  await sleep(PAUSE_MS);
  await expectFamiliesAlive(held);
  // The code was not redeemed: nobody waited for the statement any more when the server came to it.
  expect((await redeem(issuer, code)).status).toBe(200);
});
