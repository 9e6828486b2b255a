import { composeServices, parseTargets } from '@tessera/cli';
import { systemClock } from '@tessera/clock';
import { loadConfig, type TesseraConfig } from '@tessera/config';
import type { KeysApi, StorageApi, TokenApi } from '@tessera/contracts';
import { createFederationService } from '@tessera/federation';
import { type HttpServer, startHttpServer } from '@tessera/http';
import { createKeysService } from '@tessera/keys';
import { createStorageService } from '@tessera/storage';
import { noMetrics, silentLogger } from '@tessera/telemetry';
import { createUserAgent, type PostgresServer, type RedisServer, startPostgres, startRedis } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { authorizationUrl, codeOf, post, redeem, refresh, signIn } from '../support/sign-in.ts';
import { ADMIN, APP, CALLBACK, systemConfig } from '../support/system-config.ts';

/** What one request cost beyond the process that answered it. */
interface Cost {
  calls: string[];
  statements: string[];
  commands: string[];
  signatures: number;
}

const closers: (() => Promise<unknown>)[] = [];
let issuer = '';
let cost: Cost;

function forget(): void {
  cost = { calls: [], statements: [], commands: [], signatures: 0 };
}

/** Work that is not a request's: what a process follows and what it does from time to time. */
const background = new Set(['listClients', 'getPublicKeys', 'getSecrets', 'listConnectors', 'getKeySet']);

/** Notes each call of an API, as it would travel over the wire. */
function counted<T extends object>(service: string, api: T): T {
  return new Proxy(api, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function' || background.has(String(name))) return value;
      return (...parameters: unknown[]) => {
        cost.calls.push(`${service}.${String(name)}`);
        if (name === 'sign') cost.signatures += (parameters[0] as unknown[][]).flat().length;
        return value.apply(target, parameters) as unknown;
      };
    },
  });
}

async function configOf(postgres: PostgresServer, redis: RedisServer, events: object): Promise<TesseraConfig> {
  const database = await postgres.createDatabase();
  const { host, port, user, password } = postgres;
  const text = stringify({
    ...systemConfig({ issuer: 'http://127.0.0.1:1/dex', ldapPort: 1, upstreamIssuer: 'http://127.0.0.1:1' }),
    storage: { type: 'postgres', config: { host, port, user, password, database, ssl: { mode: 'disable' } } },
    ephemeral: { type: 'redis', config: { host: redis.host, port: redis.port } },
    keyEncryption: { value: Buffer.alloc(32, 7).toString('base64') },
    web: { http: '127.0.0.1:0' },
    ...events,
  });
  const loaded = loadConfig({ text, fileName: 'test.yaml', env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

async function serve(config: TesseraConfig): Promise<HttpServer> {
  const base = { config, clock: systemClock, logger: silentLogger, metrics: noMetrics };
  const storage = await createStorageService({
    ...base,
    onStatement: (name) => cost.statements.push(name),
    onCommand: (name) => cost.commands.push(name),
  });
  await storage.ready();
  // What keys looks after by itself from time to time is no request's, so it has a storage of its own.
  const storageOfKeys = await createStorageService(base);
  const keys = await createKeysService({ ...base, storage: storageOfKeys.api });
  await keys.ready();
  const federation = await createFederationService({ ...base, users: storage.api, keys: keys.api });
  await federation.ready();
  const storageApi: StorageApi = counted('storage', storage.api);
  const keysApi: KeysApi = counted('keys', keys.api);
  const federationApi = counted('federation', federation.api);
  const neighbours = {
    storage: () => storageApi,
    keys: () => keysApi,
    federation: () => federationApi,
    token: (): TokenApi => {
      throw new Error('the token service runs beside');
    },
    close() {},
  };
  const composition = await composeServices({ ...base, targets: parseTargets('authorize,token'), neighbours });
  await Promise.all(composition.services.map((service) => service.ready()));
  const { errorPage } = composition;
  if (errorPage === undefined) throw new Error('no error page');
  const server = await startHttpServer({
    listen: '127.0.0.1:0',
    basePath: '/dex',
    handlers: Object.assign({}, ...composition.services.map((service) => service.handlers)),
    errorPage,
    cors: { allowedOrigins: [], allowedHeaders: [] },
    headers: {},
    logger: silentLogger,
  });
  closers.push(
    () => server.close(1000),
    () => composition.close(),
    () => federation.close(),
    () => keys.close(),
    () => storageOfKeys.close(),
    () => storage.close(),
  );
  return server;
}

const APPEND_EVENTS = 'storage.appendEvents';

/** Statements of requests alone: those of the background are left out by name. */
function spent(): Cost {
  const isRequest = (name: string): boolean => !/client|revision|key.?set|sweep|lock|migrat/i.test(name);
  return { ...cost, statements: cost.statements.filter(isRequest) };
}

describe.each([
  { events: {}, isOn: false, name: 'nowhere' },
  { events: { events: { type: 'stdout' } }, isOn: true, name: 'somewhere' },
])('events go $name', ({ events, isOn }) => {
  beforeAll(async () => {
    forget();
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const server = await serve(await configOf(postgres, redis, events));
    closers.push(
      () => postgres.close(),
      () => redis.close(),
    );
    issuer = `http://127.0.0.1:${server.port}/dex`;
  });
  afterAll(async () => {
    for (const close of closers.splice(0)) await close();
  });

  test('authorization_code: one call to redeem with one Redis command and one statement, one call to sign two tokens', async () => {
    const code = codeOf(await signIn({ issuer }));
    forget();
    expect((await redeem(issuer, code)).status).toBe(200);
    expect(spent()).toMatchObject({ calls: ['storage.redeemCodes', 'keys.sign'], signatures: 2 });
    expect([spent().statements.length, spent().commands.length]).toEqual([1, 1]);
  });

  test('refresh_token: one call to rotate with one statement and no Redis, one call to sign two tokens', async () => {
    const tokens = await redeem(issuer, codeOf(await signIn({ issuer })));
    forget();
    expect((await refresh(issuer, String(tokens.body['refresh_token']))).status).toBe(200);
    expect(spent()).toMatchObject({ calls: ['storage.rotateRefreshTokens', 'keys.sign'], signatures: 2, commands: [] });
    expect(spent().statements).toHaveLength(1);
  });

  test('introspection and userinfo: one look-up with one statement, nothing signed', async () => {
    const tokens = await redeem(issuer, codeOf(await signIn({ issuer })));
    const token = String(tokens.body['access_token']);
    forget();
    expect((await post(`${issuer}/token/introspect`, { token })).body['active']).toBe(true);
    expect(spent()).toMatchObject({ calls: ['storage.findGrants'], signatures: 0, commands: [] });
    expect(spent().statements).toHaveLength(1);
    forget();
    expect((await fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect(spent()).toMatchObject({ calls: ['storage.findGrants'], signatures: 0, commands: [] });
  });

  test('forged codes and refresh tokens cost no call at all', async () => {
    forget();
    expect((await redeem(issuer, `tsc_${'A'.repeat(50)}`)).body['error']).toBe('invalid_grant');
    expect((await refresh(issuer, `tsr_${'A'.repeat(55)}`)).body['error']).toBe('invalid_grant');
    expect((await post(`${issuer}/token/introspect`, { token: 'eyJhbGciOiJub25lIn0.e30.' }, APP)).body).toEqual({
      active: false,
    });
    expect(spent()).toEqual({ calls: [], statements: [], commands: [], signatures: 0 });
  });

  test('a sign-in at the pages: two durable reads and two writes for consent and session, one Redis command for each step', async () => {
    const agent = createUserAgent({ stopAt: CALLBACK });
    forget();
    const form = await agent.get(authorizationUrl({ issuer }));
    expect(spent().calls).toEqual(['storage.putAuthorizationRequest', 'storage.getAuthorizationRequest']);
    const approval = await agent.submit(form.form('login'), {
      fields: { login: ADMIN.login, password: ADMIN.password },
    });
    const answer = await agent.submit(approval.form('req', 'hmac'), { button: 'approval' });
    expect(answer.isStopped).toBe(true);
    const calls = spent().calls.filter((call) => call.startsWith('storage.') && call !== APPEND_EVENTS);
    const durable = ['findConsent', 'createSession', 'findSessions', 'updateSession'].map((name) => `storage.${name}`);
    expect(calls.filter((call) => durable.includes(call))).toEqual(durable);
    expect(calls.length - durable.length).toBe(spent().commands.length);
    // What is told of the sign-in is written beside it.
    const statements = spent().statements.filter((name) => name !== 'append_events');
    expect(statements).toEqual(['get_records', 'write_records', 'get_records', 'write_records']);
    expect(spent().calls.includes(APPEND_EVENTS)).toBe(isOn);
  });

  test('64 refreshes at once become few calls, few statements and few batches of signatures', async () => {
    const families = await Promise.all(Array.from({ length: 64 }, () => signIn({ issuer })));
    const tokens = await Promise.all(families.map((answer) => redeem(issuer, codeOf(answer))));
    forget();
    const answers = await Promise.all(tokens.map(({ body }) => refresh(issuer, String(body['refresh_token']))));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(spent().signatures).toBe(128);
    const callsOf = (name: string): number => spent().calls.filter((call) => call === name).length;
    expect(callsOf('storage.rotateRefreshTokens')).toBeLessThan(64);
    expect(callsOf('keys.sign')).toBeLessThan(64);
    expect(spent().statements.length).toBeLessThan(64);
  });
});
