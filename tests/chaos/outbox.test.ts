import { type Cluster, startCluster } from '@tessera/cli';
import { createUserAgent, type KafkaRecord, type KafkaServer, startKafka, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { codeOf, type JsonAnswer, post, redeem, signIn } from '../support/sign-in.ts';
import { ADMIN, CALLBACK, systemConfig } from '../support/system-config.ts';

/** The very first run of a machine downloads the broker. */
const START_TIMEOUT_MS = 390_000;
const TOPIC = 'tessera-events';
const PEOPLE = ['ada', 'bob', 'cyd'] as const;

let kafka: KafkaServer;
let cluster: Cluster;

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  const [template] = config['staticPasswords'] as readonly Record<string, unknown>[];
  const staticPasswords = PEOPLE.map((name) => ({ ...template, email: emailOf(name), userID: name }));
  kafka = await startKafka();
  await kafka.createTopic(TOPIC, { partitions: 4 });
  cluster = await startCluster({
    config: stringify({ ...config, staticPasswords }),
    additions: { events: { type: 'kafka', config: { brokers: [...kafka.bootstrap], topic: TOPIC } } },
    replicas: { events: 2, storage: 2 },
  });
}, START_TIMEOUT_MS);
afterAll(async () => {
  await cluster?.close();
  await kafka?.close();
});

const emailOf = (name: string): string => `${name}@example.com`;

/** What an answer promised: the end of a grant, and that there was a sign-in before it. */
interface Promised {
  readonly type: 'code.replayed' | 'grant.revoked';
  readonly grantId: string;
}

/** The grant of a refresh token: behind the prefix and a byte for the version. */
function grantIdOf(refreshToken: string): string {
  const hex = Buffer.from(refreshToken.slice('tsr_'.length), 'base64url').toString('hex', 1, 17);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function subjectOf(idToken: string): string {
  const payload = Buffer.from(String(idToken.split('.')[1]), 'base64url').toString();
  return (JSON.parse(payload) as { sub: string }).sub;
}

/** Does the same again until it is answered; whoever is told to come back later comes back. */
async function insist(work: () => Promise<JsonAnswer>, isRunning: () => boolean): Promise<JsonAnswer | undefined> {
  while (isRunning()) {
    const answer = await work().catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer;
  }
  return undefined;
}

/** People who sign in again and again; every second time they revoke what they got, else somebody replays their code. */
function startTraffic() {
  const { issuer } = cluster;
  const promised = new Map<string, Promised[]>();
  let isStopped = false;
  let failures = 0;
  const isRunning = (): boolean => !isStopped;
  const step = async (name: string, turn: number): Promise<void> => {
    const agent = createUserAgent({ stopAt: CALLBACK });
    const code = codeOf(await signIn({ issuer, agent, login: emailOf(name), password: ADMIN.password }));
    const tokens = await insist(() => redeem(issuer, code), isRunning);
    if (tokens?.status !== 200) throw new Error(`the code of ${name} was not redeemed`);
    const refreshToken = String(tokens.body['refresh_token']);
    const isReplay = turn % 2 === 0;
    const ending = await insist(
      () => (isReplay ? redeem(issuer, code) : post(`${issuer}/token/revoke`, { token: refreshToken })),
      isRunning,
    );
    if (ending?.status !== (isReplay ? 400 : 200)) throw new Error(`the grant of ${name} was not ended`);
    const subject = subjectOf(String(tokens.body['id_token']));
    const type = isReplay ? 'code.replayed' : 'grant.revoked';
    promised.set(subject, [...(promised.get(subject) ?? []), { type, grantId: grantIdOf(refreshToken) }]);
  };
  const workers = PEOPLE.map(async (name) => {
    for (let turn = 0; isRunning(); turn += 1) {
      await step(name, turn).catch(() => {
        failures += 1;
      });
    }
  });
  const count = (): number => [...promised.values()].flat().length;
  return {
    promised,
    failures: () => failures,
    async untilFurther(steps: number) {
      const before = count();
      await waitFor(() => count() >= before + steps, { what: `${steps} more answers`, timeoutMs: 20_000 });
    },
    async stop() {
      isStopped = true;
      await Promise.all(workers);
    },
  };
}

interface Arrived {
  readonly id: string;
  readonly type: string;
  readonly grantId: unknown;
}

function eventOf({ value }: KafkaRecord): Arrived {
  const { id, type, data } = JSON.parse(value) as { id: string; type: string; data: Record<string, unknown> };
  return { id, type: type.replace('dev.tessera.', ''), grantId: data['grantId'] };
}

/** The events of each key in the order in which each arrived for the first time. */
async function firstArrivals(): Promise<Map<string, Arrived[]>> {
  const seen = new Map<string, string>();
  const byKey = new Map<string, Arrived[]>();
  for (const record of await kafka.readTopic(TOPIC)) {
    const event = eventOf(record);
    // What has one id is one event, to the letter.
    expect(seen.get(event.id) ?? record.value).toBe(record.value);
    if (seen.has(event.id)) continue;
    seen.set(event.id, record.value);
    byKey.set(String(record.key), [...(byKey.get(String(record.key)) ?? []), event]);
  }
  return byKey;
}

function placeOf(arrived: readonly Arrived[], { type, grantId }: Promised): number {
  return arrived.findIndex((event) => event.type === type && event.grantId === grantId);
}

test('Whatever dies, every event that an answer promised reaches the topic, in order, and twice only with the same id', async () => {
  const traffic = startTraffic();
  const [suspended, killed] = cluster.of('events');
  if (suspended === undefined || killed === undefined) throw new Error('there are two events services');
  await traffic.untilFurther(3);

  suspended.kill('SIGSTOP');
  await kafka.stop('SIGKILL');
  await traffic.untilFurther(6);
  expect(traffic.failures()).toBe(0);
  await kafka.start();

  const { restarts } = killed;
  killed.kill('SIGKILL');
  await traffic.untilFurther(3);
  await waitFor(() => killed.restarts > restarts && killed.isRunning, { what: 'the events service to be back' });

  await cluster.postgres.stop('SIGKILL');
  await waitFor(() => traffic.failures() > 0, { what: 'sign-ins to fail' });
  await cluster.postgres.start();
  await traffic.untilFurther(6);

  suspended.kill('SIGCONT');
  await traffic.untilFurther(3);
  await traffic.stop();

  const isComplete = async (): Promise<boolean> => {
    const arrived = await firstArrivals();
    return [...traffic.promised].every(([key, ends]) => ends.every((end) => placeOf(arrived.get(key) ?? [], end) >= 0));
  };
  await waitFor(isComplete, { what: 'what was promised', timeoutMs: 40_000, intervalMs: 500 });

  const arrived = await firstArrivals();
  expect(traffic.promised.size).toBe(PEOPLE.length);
  for (const [key, ends] of traffic.promised) {
    const own = arrived.get(key) ?? [];
    const places = ends.map((end) => placeOf(own, end));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    // Before each end there was a sign-in, which was answered after the end before it.
    for (const [at, place] of places.entries()) {
      const between = own.slice(at === 0 ? 0 : places[at - 1], place).map(({ type }) => type);
      expect(between).toContain('sign_in.succeeded');
    }
  }
}, 150_000);
