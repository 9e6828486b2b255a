import { type Cluster, type Replica, startCluster } from '@tessera/cli';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { type JsonAnswer, refresh, signInForTokens } from '../support/sign-in.ts';
import { systemConfig } from '../support/system-config.ts';

const SERVICES = ['authorize', 'token', 'keys', 'federation', 'storage'] as const;
/** Beyond the deadline of a call between services, and far below what a client waits. */
const LONGEST_ANSWER_MS = 8_000;

let cluster: Cluster;

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  const replicas = Object.fromEntries(SERVICES.map((service) => [service, 2]));
  cluster = await startCluster({ config: stringify(config), replicas });
});
afterAll(() => cluster?.close());

interface Answer {
  readonly status: number;
  readonly error: unknown;
  readonly retryAfter: string | null;
}

/** Applications that refresh without end, each its own family, and repeat what was not answered. */
async function startApplications(count: number) {
  const { issuer } = cluster;
  const families = await Promise.all(Array.from({ length: count }, () => signInForTokens({ issuer })));
  const answers: Answer[] = [];
  let slowestMs = 0;
  let isRunning = true;
  const summary = ({ status, body, headers }: JsonAnswer): Answer => ({
    status,
    error: body['error'],
    retryAfter: headers.get('retry-after'),
  });
  const workers = families.map(async ({ refresh_token }) => {
    let current = refresh_token;
    while (isRunning) {
      const startedMs = performance.now();
      const answer = await refresh(issuer, current);
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      answers.push(summary(answer));
      if (answer.status === 200) current = String(answer.body['refresh_token']);
    }
    return current;
  });
  const count200 = () => answers.filter(({ status }) => status === 200).length;
  return {
    failures: () => answers.filter(({ status }) => status !== 200),
    slowestMs: () => slowestMs,
    /** Resolves when each application could have been answered again. */
    async untilServed() {
      const before = count200();
      await waitFor(() => count200() >= before + 4 * count, { what: 'refreshes', timeoutMs: 10_000 });
    },
    /** Ends the load; every family must still be alive. */
    async expectAllAlive() {
      isRunning = false;
      for (const current of await Promise.all(workers)) expect((await refresh(issuer, current)).status).toBe(200);
    },
  };
}

type Applications = Awaited<ReturnType<typeof startApplications>>;

/** Whatever was not granted was postponed, in the words of the protocol. */
function expectCleanAnswers(applications: Applications): void {
  const postponed = { status: 503, error: 'temporarily_unavailable', retryAfter: expect.stringMatching(/^\d+$/) };
  for (const failure of applications.failures()) expect(failure).toEqual(postponed);
  expect(applications.slowestMs()).toBeLessThan(LONGEST_ANSWER_MS);
}

describe('with two replicas of every service', () => {
  test.each(['keys', 'storage'] as const)(
    'a hanging %s is left for the other one, and no refresh fails',
    async (service) => {
      const applications = await startApplications(4);
      const [replica] = cluster.of(service) as [Replica];
      replica.kill('SIGSTOP');
      try {
        await applications.untilServed();
      } finally {
        replica.kill('SIGCONT');
      }
      await applications.untilServed();
      await applications.expectAllAlive();
      expect(applications.failures()).toEqual([]);
      expectCleanAnswers(applications);
    },
  );

  test('the services behind token are restarted in turn under load, and no refresh fails', async () => {
    const applications = await startApplications(4);
    for (const service of ['keys', 'storage'] as const) {
      for (const replica of cluster.of(service)) await replica.restart();
    }
    await applications.untilServed();
    await applications.expectAllAlive();
    expect(applications.failures()).toEqual([]);
  });
});
