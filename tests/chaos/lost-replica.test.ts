import { type Cluster, type Replica, startCluster } from '@tessera/cli';
import { createUserAgent, type Page, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import {
  authorizationUrl,
  codeOf,
  type JsonAnswer,
  post,
  redeem,
  refresh,
  signInForTokens,
} from '../support/sign-in.ts';
import { ADMIN, CALLBACK, systemConfig } from '../support/system-config.ts';

const SERVICES = ['authorize', 'token', 'keys', 'federation', 'storage'] as const;

let cluster: Cluster;

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  const replicas = Object.fromEntries(SERVICES.map((service) => [service, 2]));
  cluster = await startCluster({ config: stringify(config), replicas });
});
afterAll(() => cluster?.close());

/** Counts what fails, and does what a person or a client library does then: the same again. */
function createPatience() {
  let failures = 0;
  const insist = async <T>(work: () => Promise<T>, isFailure: (answer: T) => boolean): Promise<T> => {
    for (;;) {
      const answer = await work().catch(() => undefined);
      if (answer !== undefined && !isFailure(answer)) return answer;
      failures += 1;
      if (failures > 20) throw new Error('it fails again and again');
    }
  };
  return {
    failures: () => failures,
    page: (work: () => Promise<Page>) => insist(work, (page) => !page.isStopped && page.status >= 500),
    json: (work: () => Promise<JsonAnswer>) => insist(work, ({ status }) => status >= 500),
  };
}

/** Kills a replica without a word; resolves once the run has started it anew. */
function killAndAwaitReturn(replica: Replica): { readonly isBack: Promise<void> } {
  const { restarts } = replica;
  replica.kill('SIGKILL');
  const what = `${replica.service} ${replica.replica} to be back`;
  return {
    isBack: waitFor(() => replica.restarts > restarts && replica.isRunning, { what, timeoutMs: 30_000 }).then(
      () => undefined,
    ),
  };
}

describe('with two replicas of every service', () => {
  test.each(SERVICES)(
    'a killed %s in the middle of a sign-in costs at most one request and no token',
    async (service) => {
      const { issuer } = cluster;
      const earlier = await signInForTokens({ issuer });
      for (const replica of cluster.of(service)) {
        const patience = createPatience();
        const agent = createUserAgent({ stopAt: CALLBACK });
        const form = await agent.get(authorizationUrl({ issuer }));
        const { isBack } = killAndAwaitReturn(replica);
        const fields = { login: ADMIN.login, password: ADMIN.password };
        const approval = await patience.page(() => agent.submit(form.form('login'), { fields }));
        const answer = await patience.page(() => agent.submit(approval.form('req', 'hmac'), { button: 'approval' }));
        const tokens = await patience.json(() => redeem(issuer, codeOf(answer.url)));
        expect([service, tokens.status]).toEqual([service, 200]);
        const refreshed = await patience.json(() => refresh(issuer, String(tokens.body['refresh_token'])));
        expect([service, refreshed.status]).toEqual([service, 200]);
        expect(patience.failures()).toBeLessThanOrEqual(1);
        for (const token of [earlier.access_token, tokens.body['access_token'], refreshed.body['access_token']]) {
          const introspected = await post(`${issuer}/token/introspect`, { token: String(token) });
          expect(introspected.body['active']).toBe(true);
        }
        await isBack;
      }
    },
  );

  test('killed under load, each service costs no more than what it had in hand, and no refresh token is lost', async () => {
    const { issuer } = cluster;
    const families = await Promise.all(Array.from({ length: 8 }, () => signInForTokens({ issuer })));
    let isRunning = true;
    let refused = 0;
    const workers = families.map(async ({ refresh_token }) => {
      let current = refresh_token;
      while (isRunning) {
        const answer = await refresh(issuer, current).catch(() => undefined);
        if (answer?.status === 400) refused += 1;
        if (answer?.status === 200) current = String(answer.body['refresh_token']);
      }
      return current;
    });
    for (const service of ['token', 'keys', 'storage'] as const) {
      const [replica] = cluster.of(service);
      if (replica === undefined) throw new Error(`no ${service}`);
      await killAndAwaitReturn(replica).isBack;
    }
    isRunning = false;
    for (const current of await Promise.all(workers)) expect((await refresh(issuer, current)).status).toBe(200);
    expect(refused).toBe(0);
  });

  test('when all signers die at once, a request in hand waits for their return', async () => {
    const { issuer } = cluster;
    const families = await Promise.all(Array.from({ length: 4 }, () => signInForTokens({ issuer })));
    const back = cluster.of('keys').map((replica) => killAndAwaitReturn(replica).isBack);
    const answers = await Promise.all(families.map(({ refresh_token }) => refresh(issuer, refresh_token)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await Promise.all(back);
  });

  test('a token service that is restarted fails no request', async () => {
    const { issuer } = cluster;
    const families = await Promise.all(Array.from({ length: 4 }, () => signInForTokens({ issuer })));
    let isRunning = true;
    const failures: number[] = [];
    const workers = families.map(async ({ refresh_token }) => {
      for (let current = refresh_token; isRunning; ) {
        const answer = await refresh(issuer, current);
        if (answer.status === 200) current = String(answer.body['refresh_token']);
        else failures.push(answer.status);
      }
    });
    for (const replica of cluster.of('token')) await replica.restart();
    isRunning = false;
    await Promise.all(workers);
    expect(failures).toEqual([]);
  });
});
