import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Cluster, type Replica, startCluster } from '@tessera/cli';
import { type ProgramResult, pauseProcess, tryProgram, waitFor } from '@tessera/testkit';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { createVerifiers, publishedKids, type Verifiers } from '../support/key-observers.ts';
import { type KeyPermissions, keyPermissionsOf } from '../support/key-permissions.ts';
import { codeOf, type JsonAnswer, post, redeem, refresh, signIn, signInForTokens } from '../support/sign-in.ts';
import { CALLBACK, systemConfig } from '../support/system-config.ts';

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** A key signs so long, is published half of it before, and the key set may be kept for a fifth of it. */
const ROTATION_SECONDS = 10;
const MAX_AGE_SECONDS = 2;
const TOKEN_SECONDS = 8;
/** Longer than a replica signs by what it knows, and than a key is published before it signs. */
const PAUSE_MS = 5_500;
const KEYS_TO_SEE = 4;

/** A client whose access tokens last longer than any test. */
const PATIENT = { id: 'patient', secret: 'patient-secret-of-high-entropy-0123456789' } as const;

let cluster: Cluster;

function withPatientClient(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { staticClients } = config;
  const patient = {
    ...PATIENT,
    name: 'Patient',
    redirectURIs: [CALLBACK],
    tokens: { accessTokenLifetime: '10m' },
  };
  return { ...config, staticClients: [...(Array.isArray(staticClients) ? staticClients : []), patient] };
}

beforeAll(async () => {
  const { ldapPort, upstreamIssuer } = inject('system');
  cluster = await startCluster({
    config: stringify(withPatientClient(systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer }))),
    additions: {
      signer: { type: 'local', config: { keysRotationPeriod: `${ROTATION_SECONDS}s` } },
      expiry: {
        idTokens: `${TOKEN_SECONDS}s`,
        accessTokens: `${TOKEN_SECONDS}s`,
        refreshTokens: { reuseInterval: '10s' },
      },
      oauth2: { grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'] },
    },
    replicas: { keys: 2, token: 2 },
  });
});
afterAll(() => cluster?.close());

/** What was asked, and how it was answered. */
interface Work {
  readonly failures: string[];
  /** How often something was asked again, as a client library does by itself when nobody answered. */
  retries: number;
  answers: number;
}

/** Asks until there is an answer that is not a failure of the moment, four times at most. */
async function ask(work: Work, what: string, request: () => Promise<JsonAnswer>): Promise<JsonAnswer | undefined> {
  let last = '';
  for (let attempt = 0; attempt < 4; attempt += 1) {
    try {
      const answer = await request();
      if (answer.status === 200) {
        work.answers += 1;
        return answer;
      }
      last = `${answer.status} ${JSON.stringify(answer.body)}`;
      if (answer.status !== 503) break;
    } catch (error) {
      last = String(error);
    }
    work.retries += 1;
    await sleep(200);
  }
  work.failures.push(`${what}: ${last}`);
  return undefined;
}

/** Applications at work: one for itself, and two for a person each; a resource server asks about their tokens. */
async function startApplications(verifiers: Verifiers) {
  const { issuer } = cluster;
  const work: Work = { failures: [], retries: 0, answers: 0 };
  let isRunning = true;
  const actForItself = async (): Promise<void> => {
    for (; isRunning; await sleep(100)) {
      const form = { grant_type: 'client_credentials' };
      const answer = await ask(work, 'client_credentials', () => post(`${issuer}/token`, form));
      if (answer !== undefined) verifiers.show(String(answer.body['access_token']));
    }
  };
  const actForPerson = async (first: string): Promise<void> => {
    for (let current = first; isRunning; await sleep(200)) {
      const answer = await ask(work, 'refresh', () => refresh(issuer, current));
      if (answer === undefined) return;
      const { access_token: accessToken, id_token: idToken, refresh_token: next } = answer.body;
      current = String(next);
      verifiers.show(String(idToken));
      verifiers.show(String(accessToken));
      const token = String(accessToken);
      await ask(work, 'userinfo', () => userinfo(issuer, token));
      const seen = await ask(work, 'introspection', () => post(`${issuer}/token/introspect`, { token }));
      if (seen?.body['active'] !== true) work.failures.push('introspection: not active');
    }
  };
  const people = await Promise.all([signInForTokens({ issuer }), signInForTokens({ issuer })]);
  const workers = [actForItself(), ...people.map(({ refresh_token }) => actForPerson(refresh_token))];
  return {
    work,
    async end() {
      isRunning = false;
      await Promise.all(workers);
    },
  };
}

async function userinfo(issuer: string, token: string): Promise<JsonAnswer> {
  const response = await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  const body = response.status === 200 ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, body };
}

/** Looks again and again at what each replica publishes, and notes when one of them had a key first. */
function watchReplicas() {
  const firstSeenMs = new Map<string, number>();
  let isRunning = true;
  const watch = async (endpoint: string): Promise<void> => {
    for (; isRunning; await sleep(100)) {
      for (const kid of (await publishedKids(endpoint)) ?? []) {
        if (!firstSeenMs.has(kid)) firstSeenMs.set(kid, Date.now());
      }
    }
  };
  const watching = cluster.of('keys').map((replica) => watch(keysEndpointOf(replica)));
  return {
    firstSeenMs,
    async end() {
      isRunning = false;
      await Promise.all(watching);
    },
  };
}

const keysEndpointOf = ({ http }: Replica): string => `http://${http}${new URL(cluster.issuer).pathname}/keys`;

async function pause(replica: Replica): Promise<void> {
  const { pid } = replica;
  await pauseProcess(pid);
  await sleep(PAUSE_MS);
  process.kill(pid, 'SIGCONT');
}

async function killAndAwaitReturn(replica: Replica): Promise<void> {
  const { restarts } = replica;
  replica.kill('SIGKILL');
  const isBack = () => replica.restarts > restarts && replica.isRunning;
  await waitFor(isBack, { what: 'the killed replica to be back', timeoutMs: 30_000 });
}

function tessera(...args: string[]): Promise<ProgramResult> {
  return tryProgram({ command: process.execPath, args: ['--conditions=source', MAIN, ...args] });
}

test('OIDC Core §10.1.1: keys rotate while replicas sleep, restart and die, and no verifier meets a token it cannot verify', async () => {
  const { issuer } = cluster;
  const { headers } = await fetch(`${issuer}/keys`);
  expect(headers.get('cache-control')).toBe(`public, max-age=${MAX_AGE_SECONDS}, must-revalidate`);
  const verifiers = createVerifiers(issuer, MAX_AGE_SECONDS, 3);
  const replicas = watchReplicas();
  const startedMs = Date.now();
  const applications = await startApplications(verifiers);
  const [first, second] = cluster.of('keys');
  if (first === undefined || second === undefined) throw new Error('two replicas are needed');
  await pause(first);
  await second.restart();
  await pause(second);
  await killAndAwaitReturn(first);
  const sawEnough = () => verifiers.firstUses.size >= KEYS_TO_SEE;
  await waitFor(sawEnough, { what: `tokens of ${KEYS_TO_SEE} keys`, timeoutMs: KEYS_TO_SEE * ROTATION_SECONDS * 1000 });
  await applications.end();
  await verifiers.settle();
  await replicas.end();
  const { work } = applications;
  expect(verifiers.failures).toEqual([]);
  expect(work.failures).toEqual([]);
  for (const [kid, usedMs] of verifiers.firstUses) {
    const seenMs = replicas.firstSeenMs.get(kid) ?? Number.POSITIVE_INFINITY;
    const wasThereBefore = seenMs < startedMs + 1000;
    const leadSeconds = wasThereBefore ? Number.POSITIVE_INFINITY : (usedMs - seenMs) / 1000;
    expect(leadSeconds, 'from publication to first use').toBeGreaterThan(MAX_AGE_SECONDS);
  }
  // Somebody did work: hundreds of requests, each token verified by three, twice.
  expect(work.answers).toBeGreaterThan(200);
  expect(verifiers.verified()).toBeGreaterThan(1000);
  expect(work.retries).toBeLessThanOrEqual(work.answers / 50);
}, 90_000);

/** What every token replica says of a token: the status of userinfo, and whether introspection calls it active. */
async function verdicts(token: string): Promise<readonly unknown[]> {
  const { pathname } = new URL(cluster.issuer);
  return Promise.all(
    cluster.of('token').map(async ({ http }) => {
      const base = `http://${http}${pathname}`;
      const seen = await post(`${base}/token/introspect`, { token }, PATIENT);
      return [(await userinfo(base, token)).status, seen.body['active']];
    }),
  );
}

const ACCEPTED = [
  [200, true],
  [200, true],
];
const REFUSED = [
  [401, false],
  [401, false],
];

/** An order reaches every process in this time. */
const REACH_MS = 2_000;

test('a signing key revoked by hand leaves every replica within two seconds, its tokens are refused, and refreshes go on', async () => {
  const { issuer, configFile } = cluster;
  const code = codeOf(await signIn({ issuer, clientId: PATIENT.id }));
  const first = await redeem(issuer, code, {}, PATIENT);
  const token = String(first.body['access_token']);
  const { kid = '' } = decodeProtectedHeader(token);
  const order = ['keys', 'revoke', '--config', configFile, '--kid', kid];
  const preview = await tessera(...order, '--dry-run');
  expect([preview.code, preview.stderr]).toEqual([0, '']);
  expect(preview.stdout).toContain('This breaks:');
  const unanswered = await tessera(...order);
  expect([unanswered.code, unanswered.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  expect(await verdicts(token)).toEqual(ACCEPTED);
  const done = await tessera(...order, '--yes');
  expect([done.code, done.stderr]).toEqual([0, '']);
  const orderedMs = Date.now();
  const isGone = async (): Promise<boolean> => {
    const published = await Promise.all(cluster.of('keys').map((replica) => publishedKids(keysEndpointOf(replica))));
    const isPublished = published.some((kids) => kids === undefined || kids.includes(kid));
    return !isPublished && isDeepStrictEqual(await verdicts(token), REFUSED);
  };
  await waitFor(isGone, { what: 'the revoked key to be gone everywhere' });
  expect(Date.now() - orderedMs).toBeLessThan(REACH_MS);
  const refreshed = await refresh(issuer, String(first.body['refresh_token']), {}, PATIENT);
  expect(refreshed.status).toBe(200);
  const next = String(refreshed.body['access_token']);
  expect(decodeProtectedHeader(next).kid).not.toBe(kid);
  expect(await verdicts(next)).toEqual(ACCEPTED);
  // It does not come back with a replica that starts.
  for (const replica of cluster.of('keys')) {
    await replica.restart();
    expect(await publishedKids(keysEndpointOf(replica))).toEqual(expect.not.arrayContaining([kid]));
  }
});

test('N96: no process has logged a token, a private key or the key-encryption key meanwhile', async () => {
  const { keyEncryption } = parse(await readFile(cluster.configFile, 'utf8')) as {
    readonly keyEncryption: { readonly value: string };
  };
  const logs = cluster.logs();
  expect(logs.length).toBeGreaterThan(20_000);
  for (const secret of [keyEncryption.value, 'PRIVATE KEY', '"d":', PATIENT.secret]) expect(logs).not.toContain(secret);
  expect(logs).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/);
});

test.each<[caller: string, may: KeyPermissions]>([
  [
    'token',
    {
      signatures: ['access_token', 'id_token', 'userinfo', 'introspection'],
      secrets: ['refresh_token', 'access_token', 'authorization_code'],
      documents: [],
    },
  ],
  ['authorize', { signatures: ['logout_token'], secrets: ['authorization_code', 'browser'], documents: [] }],
  ['federation', { signatures: [], secrets: ['connector_data'], documents: [] }],
  ['keys', { signatures: [], secrets: [], documents: ['signing', 'secrets', 'journal'] }],
  ['storage', { signatures: [], secrets: [], documents: [] }],
  ['events', { signatures: [], secrets: [], documents: [] }],
  ['admin', { signatures: [], secrets: [], documents: [] }],
])(
  'N93: the certificate of %s gives the signatures and keys that the threat model says, and no others',
  async (caller, may) => {
    expect(await keyPermissionsOf(cluster, caller)).toEqual(may);
  },
);
