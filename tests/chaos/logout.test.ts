import { type Cluster, type Replica, startCluster } from '@tessera/cli';
import { createUserAgent, type Page, type UserAgent, waitFor } from '@tessera/testkit';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { stringify } from 'yaml';
import { authorizationUrl, codeOf, redeem, refresh, signIn } from '../support/sign-in.ts';
import { CALLBACK, SIGNED_OUT, systemConfig } from '../support/system-config.ts';
import { type LogoutReceiver, type Mood, startLogoutReceiver } from './logout-receiver.ts';

/** It is told of sign-outs, its refresh tokens end with the session, and it shares its sign-in. */
const MAIL = { id: 'mail', secret: 'mail-secret-of-high-entropy-0123456789' } as const;
/** It is told nothing, and its refresh tokens stay. */
const WIKI = { id: 'wiki', secret: 'wiki-secret-of-high-entropy-0123456789' } as const;

let receiver: LogoutReceiver;
let cluster: Cluster;

beforeAll(async () => {
  receiver = await startLogoutReceiver();
  const { ldapPort, upstreamIssuer } = inject('system');
  const config = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort, upstreamIssuer });
  const shared = {
    redirectURIs: [CALLBACK],
    postLogoutRedirectURIs: [SIGNED_OUT],
    consent: { required: false },
    ssoSharedWith: ['*'],
  };
  const staticClients = [
    { ...MAIL, ...shared, name: 'Mail', backchannelLogoutURI: receiver.url, refreshTokenLifetime: 'session' },
    { ...WIKI, ...shared, name: 'Wiki' },
  ];
  cluster = await startCluster({ config: stringify({ ...config, staticClients }), replicas: { authorize: 2 } });
});
afterAll(async () => {
  await cluster?.close();
  await receiver?.close();
});
beforeEach(() => {
  receiver.mood = 'takes';
});

/** A browser that comes to this replica alone, whatever the gateway would do. */
function browserAt({ http }: Replica): UserAgent {
  const { origin } = new URL(cluster.issuer);
  const send: typeof fetch = (input, init) =>
    fetch(String(input instanceof Request ? input.url : input).replace(origin, `http://${http}`), init);
  return createUserAgent({ stopAt: CALLBACK, fetch: send });
}

interface SignedIn {
  readonly agent: UserAgent;
  readonly idToken: string;
  readonly refreshToken: string;
  readonly sessionId: string;
  /** What the browser sends while it is signed in. */
  readonly cookie: string;
}

async function signInAtMail(agent = createUserAgent({ stopAt: CALLBACK })): Promise<SignedIn> {
  const { issuer } = cluster;
  const code = codeOf(await signIn({ issuer, agent, clientId: MAIL.id }));
  const { body } = await redeem(issuer, code, {}, MAIL);
  const idToken = String(body['id_token']);
  const sessionId = String(decodeJwt(idToken)['sid']);
  const cookie = agent.jar.header(new URL(`${issuer}/auth`)) ?? '';
  return { agent, idToken, refreshToken: String(body['refresh_token']), sessionId, cookie };
}

function signOut({ agent, idToken }: Pick<SignedIn, 'agent' | 'idToken'>): Promise<Page> {
  const parameters = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: SIGNED_OUT });
  return agent.get(`${cluster.issuer}/logout?${parameters.toString()}`, { stopAt: SIGNED_OUT });
}

async function signOutForSure(signedIn: SignedIn): Promise<void> {
  const { isStopped, status, body } = await signOut(signedIn);
  if (!isStopped) throw new Error(`the sign-out ended with ${status}: ${body.slice(0, 400)}`);
}

/** What a client hears that asks for this browser without showing a page: `code`, an error, or our own page's status. */
async function ask(cookie: string, replica: Replica, clientId: string = MAIL.id): Promise<string> {
  const { issuer } = cluster;
  const url = authorizationUrl({ issuer, clientId, parameters: { prompt: 'none' } });
  const here = url.href.replace(url.origin, `http://${replica.http}`);
  const { status, headers } = await fetch(here, { headers: { cookie }, redirect: 'manual' });
  const location = headers.get('location');
  if (location === null) return String(status);
  const { searchParams } = new URL(location, issuer);
  return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : location);
}

const moodsAbout = ({ sessionId }: SignedIn): readonly Mood[] => receiver.about(sessionId).map(({ mood }) => mood);

async function untilTold(signedIn: SignedIn, mood: Mood = 'takes'): Promise<void> {
  await waitFor(() => moodsAbout(signedIn).includes(mood), { what: `an application that ${mood} to be told` });
}

/** A sign-out makes a replica look for everything that is due, and is told last. */
async function untilLookedAgain(): Promise<void> {
  const another = await signInAtMail();
  await signOutForSure(another);
  await untilTold(another);
}

async function query<T extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly T[]> {
  const database = new Client({ connectionString: cluster.postgres.url('tessera') });
  await database.connect();
  try {
    return (await database.query<T>(sql, [...values])).rows;
  } finally {
    await database.end();
  }
}

interface Kept {
  readonly sessionId?: string;
  readonly dueAtMs: number;
  readonly leasedUntilMs?: number;
}

/** How it stands with what is to be told about a session; undefined = nothing is. */
async function keptAbout({ sessionId }: SignedIn): Promise<Kept | undefined> {
  const rows = await query<{ body: string }>(`SELECT body FROM tessera_records WHERE kind = 'logout_delivery'`);
  return rows.map(({ body }) => JSON.parse(body) as Kept).find((kept) => kept.sessionId === sessionId);
}

/** As if the minute had passed for which whoever is at it has it for itself. */
async function endLease({ sessionId }: SignedIn): Promise<void> {
  await query(
    `UPDATE tessera_records SET version = version + 1, body = jsonb_set(body::jsonb, '{leasedUntilMs}', '0')::text
     WHERE kind = 'logout_delivery' AND body::jsonb ->> 'sessionId' = $1`,
    [sessionId],
  );
}

async function killAll(replicas: readonly Replica[]): Promise<void> {
  const before = replicas.map(({ restarts }) => restarts);
  for (const replica of replicas) replica.kill('SIGKILL');
  const isBack = (): boolean =>
    replicas.every(({ restarts, isRunning }, index) => restarts > (before[index] ?? 0) && isRunning);
  await waitFor(isBack, { what: 'the replicas to be back', timeoutMs: 30_000 });
}

/** OIDC Back-Channel Logout §2.6, as an application does it. */
async function verifyLogoutTokens(signedIn: SignedIn): Promise<void> {
  const { issuer } = cluster;
  const keys = createRemoteJWKSet(new URL(`${issuer}/keys`));
  const ids = new Set<unknown>();
  const received = receiver.about(signedIn.sessionId);
  for (const { token } of received) {
    const { payload } = await jwtVerify(token, keys, { issuer, audience: MAIL.id, typ: 'logout+jwt' });
    const { sub } = decodeJwt(signedIn.idToken);
    expect(payload).toMatchObject({ sub, sid: signedIn.sessionId });
    expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} });
    expect(payload).not.toHaveProperty('nonce');
    ids.add(payload.jti);
  }
  // Each attempt is a token of its own, so that none is refused as old.
  expect(ids.size).toBe(received.length);
}

test('Back-Channel Logout §2.5, N72: what an application failed to take is told by others, though all who knew of it were killed', async () => {
  const [failed, cutOff] = [await signInAtMail(), await signInAtMail()];
  receiver.mood = 'fails';
  await signOutForSure(failed);
  await untilTold(failed, 'fails');
  const isNoted = async () => {
    const kept = await keptAbout(failed);
    return kept !== undefined && kept.leasedUntilMs === undefined && kept;
  };
  const { dueAtMs } = await waitFor(isNoted, { what: 'the failure to be noted' });
  receiver.mood = 'hangs';
  await signOutForSure(cutOff);
  await untilTold(cutOff, 'hangs');

  await killAll(cluster.of('authorize'));
  receiver.mood = 'takes';
  await waitFor(() => dueAtMs <= Date.now(), { what: 'the next attempt to be due' });
  await untilLookedAgain();
  await untilTold(failed);
  // Whoever was at the other one might still be.
  expect([moodsAbout(failed), moodsAbout(cutOff)]).toEqual([['fails', 'takes'], ['hangs']]);

  await endLease(cutOff);
  await untilLookedAgain();
  await untilTold(cutOff);
  const nothingIsLeft = async () =>
    (await query(`SELECT FROM tessera_records WHERE kind IN ('logout_delivery', 'logout_due')`)).length === 0;
  await waitFor(nothingIsLeft, { what: 'what was told to be forgotten' });
  await untilLookedAgain();
  expect([moodsAbout(failed), moodsAbout(cutOff)]).toEqual([
    ['fails', 'takes'],
    ['hangs', 'takes'],
  ]);
  for (const signedIn of [failed, cutOff]) await verifyLogoutTokens(signedIn);
});

test('of two replicas that look at once, one tells', async () => {
  const replicas = cluster.of('authorize');
  const people: SignedIn[] = [];
  for (let count = 0; count < 4; count += 1) {
    for (const replica of replicas) people.push(await signInAtMail(browserAt(replica)));
  }
  await Promise.all(people.map(signOutForSure));
  for (const person of people) await untilTold(person);
  await untilLookedAgain();
  expect(people.map(moodsAbout)).toEqual(people.map(() => ['takes']));
});

test('N24: who signed in at one replica is known at the other, and signed out at both', async () => {
  const [here, there] = cluster.of('authorize') as readonly [Replica, Replica];
  const signedIn = await signInAtMail(browserAt(here));
  const { issuer } = cluster;
  const atWiki = await browserSharing(signedIn, there).get(authorizationUrl({ issuer, clientId: WIKI.id }));
  const wiki = await redeem(issuer, codeOf(atWiki.url), {}, WIKI);
  expect(decodeJwt(String(wiki.body['id_token']))['sid']).toBe(signedIn.sessionId);
  expect(await ask(signedIn.cookie, there)).toBe('code');

  await signOutForSure({ ...signedIn, agent: browserSharing(signedIn, there) });
  for (const replica of [here, there]) {
    for (const { id } of [MAIL, WIKI]) expect(await ask(signedIn.cookie, replica, id)).toBe('login_required');
  }
  await untilTold(signedIn);
  expect((await refresh(issuer, signedIn.refreshToken, {}, MAIL)).body['error']).toBe('invalid_grant');
  expect((await refresh(issuer, String(wiki.body['refresh_token']), {}, WIKI)).status).toBe(200);
});

/** The same browser at another replica. */
function browserSharing({ cookie }: SignedIn, replica: Replica): UserAgent {
  const agent = browserAt(replica);
  const lines = cookie.split('; ').map((pair) => `${pair}; Path=/`);
  agent.jar.store(new URL(cluster.issuer), lines);
  return agent;
}

test.each([
  ['storage', () => cluster.of('storage')[0] as Replica],
  ['PostgreSQL', () => cluster.postgres],
] as const)(
  'N80: while %s is away a sign-out is postponed, nothing of it is done, and then it works',
  async (what, find) => {
    const [replica] = cluster.of('authorize') as readonly [Replica];
    const signedIn = await signInAtMail();
    const away = find();
    await away.stop();
    const page = await signOut(signedIn);
    expect([page.isStopped, page.status, page.headers.get('retry-after')]).toEqual([
      false,
      503,
      expect.stringMatching(/^\d+$/),
    ]);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.getSetCookie()).toEqual([]);
    expect(await ask(signedIn.cookie, replica)).toBe('503');
    await away.start();
    await waitFor(async () => (await ask(signedIn.cookie, replica)) === 'code', { what: `${what} to be back` });
    expect(moodsAbout(signedIn)).toEqual([]);

    await signOutForSure(signedIn);
    await untilTold(signedIn);
    expect(await ask(signedIn.cookie, replica)).toBe('login_required');
    await untilLookedAgain();
    expect(moodsAbout(signedIn)).toEqual(['takes']);
  },
);

test('while Redis is away nobody signs in, sessions stay, refreshes work, and a sign-out ends and is told', async () => {
  const [replica] = cluster.of('authorize') as readonly [Replica];
  const { issuer } = cluster;
  const [leaving, staying] = [await signInAtMail(), await signInAtMail()];
  await cluster.redis.stop();
  expect(await ask(staying.cookie, replica)).toBe('503');
  const { status, body } = await refresh(issuer, staying.refreshToken, {}, MAIL);
  expect([status, body['id_token']]).toEqual([200, expect.any(String)]);
  await signOutForSure(leaving);
  await untilTold(leaving);
  expect((await refresh(issuer, leaving.refreshToken, {}, MAIL)).body['error']).toBe('invalid_grant');

  await cluster.redis.start();
  await waitFor(async () => (await ask(staying.cookie, replica)) === 'code', { what: 'Redis to be back' });
  expect(await ask(leaving.cookie, replica)).toBe('login_required');
});
