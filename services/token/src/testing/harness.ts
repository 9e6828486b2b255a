import { randomBytes } from 'node:crypto';
import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { Authorization, ConnectorDescription, SecretKeeper, Service } from '@tessera/contracts';
import { createSecretRing, hashClientSecret, mintCode } from '@tessera/credentials';
import { createFakeEventLog, type FakeEventLog } from '@tessera/events';
import type { RouteName } from '@tessera/http';
import {
  type Client,
  type ClientId,
  createResourceModel,
  parseCompactJws,
  type Resources,
  s256Challenge,
} from '@tessera/oauth';
import { type Logger, noMetrics } from '@tessera/telemetry';
import { createTokenService, type TokenServiceOptions } from '../index.ts';
import { createFakeClientKeys } from './fake-client-keys.ts';
import { createFakeFederation, type FakeFederation } from './fake-federation.ts';
import { createFakeSigner, type FakeSigner } from './fake-signer.ts';
import { createFakeStorage, type FakeStorage } from './fake-storage.ts';
import { basicHeader, send, type TestAnswer, type TestRequest } from './request.ts';

export const ISSUER = 'https://id.example.com/dex';
export const SECRET = 'app-secret-0123456789abcdef';
export const REDIRECT_URI = 'https://app.example.com/callback';
export const VERIFIER = 'v'.repeat(43);

/** A log record. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A token service on fakes. */
export interface Harness {
  readonly service: Service;
  readonly clock: FakeClock;
  readonly storage: FakeStorage;
  readonly signer: FakeSigner;
  readonly clients: Map<string, Client>;
  readonly connectors: ConnectorDescription[];
  readonly federation: FakeFederation;
  readonly logs: LogLine[];
  readonly events: FakeEventLog;
  readonly secrets: SecretKeeper;
  send(route: RouteName, request: TestRequest): Promise<TestAnswer>;
  /** A form to a route, as the client `app` by Basic unless other headers are given. */
  post(route: RouteName, form: TestRequest['form'], headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  /** Puts a code for an authorization, valid for a minute. */
  putCode(authorization?: Partial<Authorization>): string;
  /** Signs somebody in at `app` and returns the first answer of the token endpoint. */
  signIn(authorization?: Partial<Authorization>): Promise<TestAnswer>;
  forget(): void;
}

export function createHarness(changes: Partial<TesseraConfig['expiry']> = {}): Promise<Harness> {
  return createHarnessWith({ expiry: changes });
}

export async function createHarnessWith(changes: {
  readonly expiry?: Partial<TesseraConfig['expiry']>;
  readonly grantTypes?: readonly string[];
  readonly oauth2?: Partial<TesseraConfig['oauth2']>;
  readonly resources?: Partial<Resources>;
  readonly claims?: Partial<TesseraConfig['claims']>;
  readonly options?: Partial<TokenServiceOptions>;
}): Promise<Harness> {
  const clock = createFakeClock(new Date('2026-03-01T12:00:00.250Z'));
  const storage = createFakeStorage(clock);
  const signer = createFakeSigner();
  const clients = new Map([createClient('app'), createClient('other')].map((client) => [client.id as string, client]));
  const connectors = [createConnector('ldap')];
  const logs: LogLine[] = [];
  const events = createFakeEventLog();
  const secrets = createSecrets();
  const federation = createFakeFederation();
  const service = await createTokenService({
    config: {
      issuer: ISSUER,
      expiry: { ...expiry, ...changes.expiry },
      oauth2: { ...oauth2, grantTypes: changes.grantTypes ?? oauth2.grantTypes, ...changes.oauth2 },
      claims: { mappings: {}, accessTokenMappings: {}, presets: [], ...changes.claims },
      resources: { ...noResources, ...changes.resources, apiResources: [] },
      sessions,
    },
    clock,
    logger: createLogger(logs),
    metrics: noMetrics,
    events,
    storage,
    keys: signer,
    federation: federation.api,
    clientKeys: createFakeClientKeys(),
    resourceModel: createResourceModel({ ...noResources, ...changes.resources }),
    clients: { find: (id) => clients.get(id), corsOrigins: () => new Set<string>(), ...lifecycle },
    connectors: { list: () => connectors, find: (id) => connectors.find((one) => one.id === id), ...lifecycle },
    verificationKeys: signer.verificationKeys,
    refreshTokenSecrets: secrets,
    accessTokenSecrets: secrets,
    codeSecrets: secrets,
    ...changes.options,
  });
  if (changes.options === undefined) await service.ready();

  const sendTo = (route: RouteName, request: TestRequest): Promise<TestAnswer> =>
    send(service.handlers[route], request);
  const post: Harness['post'] = (route, form = {}, headers = basicHeader('app', SECRET)) =>
    sendTo(route, { form, headers });
  const putCode = (authorization: Partial<Authorization> = {}): string => {
    const flowId = randomBytes(16);
    const expiresAt = new Date(clock.now().getTime() + 60_000);
    storage.codes.set(flowId.toString('base64url'), {
      authorization: { ...createAuthorization(clock.now()), ...authorization },
      expiresAt,
    });
    return mintCode(secrets.ring(), { flowId });
  };
  return {
    service,
    clock,
    storage,
    signer,
    clients,
    connectors,
    federation,
    logs,
    events,
    secrets,
    send: sendTo,
    post,
    putCode,
    signIn: (authorization) => post('token', codeForm(putCode(authorization))),
    forget() {
      storage.calls.length = 0;
      signer.calls.length = 0;
      federation.calls.length = 0;
      federation.logins.length = 0;
      federation.exchanges.length = 0;
      logs.length = 0;
      events.recorded.length = 0;
    },
  };
}

export function codeForm(code: string): Record<string, string> {
  return { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI };
}

export function refreshForm(answer: TestAnswer): Record<string, string> {
  return { grant_type: 'refresh_token', refresh_token: String(answer.body['refresh_token']) };
}

/** The claims of a token in an answer. */
export function claimsOf(answer: TestAnswer, name: 'access_token' | 'id_token'): Readonly<Record<string, unknown>> {
  const parsed = parseCompactJws(String(answer.body[name]));
  if (!parsed.ok) throw new Error(`${name}: ${parsed.reason}`);
  return parsed.jws.payload;
}

export function createClient(id: string, changes: Partial<Client> = {}): Client {
  return {
    id: id as ClientId,
    name: id,
    secrets: [hashClientSecret(id === 'app' ? SECRET : `${id}-secret`)],
    isPublic: false,
    isEnabled: true,
    redirectUris: [REDIRECT_URI],
    postLogoutRedirectUris: [],
    trustedPeers: [],
    allowedConnectors: [],
    settings: {},
    ...changes,
  };
}

export function createConnector(id: string, changes: Partial<ConnectorDescription> = {}): ConnectorDescription {
  return {
    id,
    type: 'ldap',
    name: id,
    kind: 'password',
    usernamePrompt: 'Username',
    canRefresh: true,
    refreshesUpstream: true,
    grantTypes: [],
    ...changes,
  };
}

export const challenge = { challenge: s256Challenge(VERIFIER), method: 'S256' } as const;

export function createAuthorization(now: Date): Authorization {
  return {
    clientId: 'app',
    redirectUri: REDIRECT_URI,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    nonce: 'n-0S6_WzA2Mj',
    identity: {
      userId: 'jane-1',
      username: 'Jane Doe',
      preferredUsername: 'jane',
      email: 'jane@example.com',
      emailVerified: true,
      groups: ['staff'],
      claims: { given_name: 'Jane' },
    },
    connectorId: 'ldap',
    connectorData: new Uint8Array([1, 2, 3]),
    authTime: new Date(now.getTime() - 30_000),
    isRefreshable: true,
    refreshesUpstream: false,
  };
}

/** Lifetimes as most tests have them. */
export const expiry: TesseraConfig['expiry'] = {
  signingKeysSeconds: 21_600,
  masterSecretsSeconds: 7_776_000,
  idTokensSeconds: 86_400,
  accessTokensSeconds: 3_600,
  authCodesSeconds: 60,
  authRequestsSeconds: 86_400,
  deviceRequestsSeconds: 300,
  refreshTokens: {
    disableRotation: false,
    reuseIntervalSeconds: 0,
    validIfNotUsedForSeconds: 0,
    absoluteLifetimeSeconds: 0,
  },
};

/** Every grant there is. */
export const oauth2: TesseraConfig['oauth2'] = {
  grantTypes: [
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'password',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
  ],
  responseTypes: ['code'],
  responseModes: ['query', 'fragment', 'form_post'],
  requestObjects: { byValue: true, byReference: false },
  consentLifetimeSeconds: 0,
  trustedIssuers: [],
  skipApprovalScreen: false,
  alwaysShowLoginScreen: false,
  pkce: { enforce: false, codeChallengeMethodsSupported: ['S256'] },
};

/** Sessions as most tests have them. */
export const sessions: TesseraConfig['sessions'] = {
  enabled: true,
  cookieName: 'tessera_session',
  absoluteLifetimeSeconds: 86_400,
  validIfNotUsedForSeconds: 3_600,
  rememberMeCheckedByDefault: true,
  ssoSharedWithDefault: 'none',
};

const noResources: Resources = { identityResources: [], apiScopes: [], apiResources: [] };

const lifecycle = { ready: async () => undefined, close: () => undefined };

/** A client directory without clients. */
export const noClients = { find: () => undefined, corsOrigins: () => new Set<string>(), ...lifecycle };

function createSecrets(): SecretKeeper {
  const ring = createSecretRing(new Map([[1, randomBytes(32)]]), 1);
  return { ring: () => ring, ...lifecycle };
}

function createLogger(logs: LogLine[]): Logger {
  const write =
    (level: keyof Logger) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      logs.push({ level, message, fields });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
