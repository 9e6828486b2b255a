import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '@tessera/cli';
import { freePort, waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startTraffic } from '../../chaos/traffic.ts';
import { refresh } from '../../support/sign-in.ts';
import { systemConfig } from '../../support/system-config.ts';
import { startSynchronousStandby } from './postgres-standby.ts';
import { startTcpSwitch } from './tcp-switch.ts';

const APPLICATIONS = 6;
/** How long it takes whoever watches over the servers to decide. */
const DECISION_MS = 3_000;

/** Nothing but what a client is told to repeat; 0 is a connection that was cut. */
const POSTPONED = { status: 503, error: 'temporarily_unavailable', retryAfter: expect.stringMatching(/^\d+$/) };

test.each([
  { turned: 'after it was promoted', isTurnedFirst: false },
  // Until then it answers what only reads, and refuses the rest.
  { turned: 'before it is promoted', isTurnedFirst: true },
])(
  'the primary of PostgreSQL is lost, and its name leads to the synchronous standby $turned: no answered token is lost, and none is good twice',
  async ({ isTurnedFirst }) => {
    const [address, port] = [await freePort(), await freePort()];
    const config = systemConfig({
      issuer: 'http://127.0.0.1/dex',
      ldapPort: 389,
      upstreamIssuer: 'http://127.0.0.1:9',
    });
    await using way = await startTcpSwitch(address, port);
    await using cluster = await startCluster({
      config: stringify({ ...config, connectors: [] }),
      additions: { storage: { config: { port: address } } },
      replicas: { token: 2, storage: 2 },
      postgres: { version: 15, port },
    });
    await using standby = await startSynchronousStandby(cluster.postgres);
    const traffic = await startTraffic(cluster.issuer, APPLICATIONS);
    const untilServed = async (): Promise<void> => {
      const before = [traffic.count('refresh', 200), traffic.count('redeem', 200)] as const;
      const isServed = () =>
        traffic.count('refresh', 200) >= before[0] + APPLICATIONS && traffic.count('redeem', 200) >= before[1] + 1;
      await waitFor(isServed, { what: 'refreshes and redemptions', timeoutMs: 10_000 });
    };
    await untilServed();
    traffic.forget();

    const lostMs = performance.now();
    await cluster.postgres.stop('SIGKILL');
    if (isTurnedFirst) way.leadTo(standby.port);
    await sleep(DECISION_MS);
    await standby.promote();
    way.leadTo(standby.port);
    const promotedMs = performance.now();
    const { answers: during } = traffic;
    traffic.forget();
    await waitFor(() => traffic.count('refresh', 200) > 0, { what: 'a refresh', timeoutMs: 10_000 });
    const answeredMs = performance.now();
    await untilServed();
    const answers = [...during, ...traffic.answers];
    const postponed = answers.filter(({ status }) => status !== 200);
    const slowestMs = Math.max(...postponed.map(({ tookMs }) => tookMs));
    process.stdout.write(
      `decided ${Math.round(promotedMs - lostMs)} ms after the loss, served ${Math.round(answeredMs - promotedMs)} ms later; ` +
        `${postponed.length} of ${answers.length} answers postponed, the slowest after ${Math.round(slowestMs)} ms\n`,
    );
    expect(answeredMs - promotedMs).toBeLessThan(5_000);
    for (const answer of postponed.filter(({ request }) => request !== 'sign-in'))
      expect(answer).toMatchObject(POSTPONED);
    expect(answers.filter(({ request, status }) => request === 'public' && status !== 200)).toEqual([]);

    traffic.forget();
    await untilServed();
    expect(traffic.answers.filter(({ status }) => status !== 200)).toEqual([]);
    const families = await traffic.end();
    expect(families.length).toBeGreaterThan(APPLICATIONS);
    for (const { current, spent } of families) {
      const answer = await refresh(cluster.issuer, current);
      expect(answer.status).toBe(200);
      const [oldest] = spent;
      if (oldest === undefined || spent.length < 50) continue;
      // Used long ago, on a server that is gone: it is known, and ends its family (RFC 9700 §4.14.2).
      expect((await refresh(cluster.issuer, oldest)).status).toBe(400);
    }
    // The schema and the keys are those of before.
    expect(cluster.of('storage').map(({ restarts }) => restarts)).toEqual([0, 0]);
  },
);
