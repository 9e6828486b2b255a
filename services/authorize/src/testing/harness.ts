import type { FakeClock } from '@tessera/clock';
import type { ConnectorDescription, FrontChannelTokensToIssue, SecretKeeper } from '@tessera/contracts';
import { createSecretRing, parseCode } from '@tessera/credentials';
import { unavailable } from '@tessera/errors';
import { createFakeEventLog, type FakeEventLog } from '@tessera/events';
import { startHttpServer } from '@tessera/http';
import { type Client, type ClientId, type Resources, s256Challenge, type VerificationKey } from '@tessera/oauth';
import { createUserAgent, type Page, type UserAgent } from '@tessera/testkit';
import type { AuthorizePorts } from '../ports.ts';
import { type AuthorizeService, createAuthorizeService } from '../server.ts';
import { createCheckContext } from './check-context.ts';
import { createFakeFederation, type FakeFederation, RIGHT_PASSWORD } from './fake-federation.ts';
import { createFakeStorage, type FakeStorage } from './fake-storage.ts';

/** Issuer of the service under test; its server listens elsewhere, as behind a gateway. */
export const ISSUER = 'http://id.example.com/dex';
/** The redirect URI of the client `app`, with a query of its own. */
export const CALLBACK = 'https://app.example.com/cb?tenant=7';
/** A PKCE challenge, for the client `spa`. */
export const CHALLENGE = s256Challenge('v'.repeat(43));

/** What a test changes in the service. */
export interface HarnessOptions {
  readonly issuer?: string;
  readonly oauth2?: Partial<AuthorizePorts['config']['oauth2']>;
  readonly connectors?: readonly ConnectorDescription[];
  readonly clients?: readonly Client[];
  /** Sessions are switched off unless a test asks for them. */
  readonly sessions?: Partial<AuthorizePorts['config']['sessions']>;
  readonly resources?: Resources;
  /** Our own public keys. */
  readonly keys?: readonly VerificationKey[];
}

/** The service on a port of its own, over fakes. */
export interface Harness {
  readonly service: AuthorizeService;
  readonly storage: FakeStorage;
  readonly federation: FakeFederation;
  readonly events: FakeEventLog;
  readonly clock: FakeClock;
  /** By id; a test may change them at any time. */
  readonly clients: Map<string, Client>;
  readonly connectors: ConnectorDescription[];
  /** Log lines, JSON. */
  readonly logs: string[];
  /** Whether the keys of codes and pages are loaded. */
  readonly secrets: { areLoaded: boolean };
  /** What the token service was asked to issue. */
  readonly issued: FrontChannelTokensToIssue[];
  /** The address of a path below the issuer's path. */
  readonly url: (path: string) => string;
  /** One request, redirects not followed. */
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly post: (
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  /** A browser that stops where the service sends it to the client or the upstream. */
  readonly browser: (headers?: Readonly<Record<string, string>>) => UserAgent;
  /** Opens the authorization endpoint in a browser. */
  readonly open: (browser: UserAgent, parameters?: AuthorizationParameters) => Promise<Page>;
  /** The flow id of a code. */
  readonly flowOf: (code: string) => string | undefined;
  close(): Promise<void>;
}

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Its `Location`, resolved; a request without one fails the test that asks. */
  location(): URL;
}

/** Parameters of an authorization request; undefined takes a usual one out. */
export type AuthorizationParameters = Readonly<Record<string, string | undefined>>;

/** A client that is allowed everything the tests need. */
export function createClient(id: string, changes: Partial<Client> = {}): Client {
  return {
    id: id as ClientId,
    name: `Application ${id}`,
    secrets: [],
    isPublic: false,
    isEnabled: true,
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: [],
    trustedPeers: [],
    allowedConnectors: [],
    settings: {},
    ...changes,
  };
}

/** A connector with a form of ours. */
export function passwordConnector(id: string, changes: Partial<ConnectorDescription> = {}): ConnectorDescription {
  return {
    id,
    type: 'ldap',
    name: `Directory ${id}`,
    kind: 'password',
    usernamePrompt: 'Email Address',
    canRefresh: true,
    refreshesUpstream: true,
    grantTypes: [],
    ...changes,
  };
}

/** A connector that sends people elsewhere. */
export function callbackConnector(id: string, changes: Partial<ConnectorDescription> = {}): ConnectorDescription {
  return passwordConnector(id, { type: 'oidc', kind: 'callback', usernamePrompt: '', ...changes });
}

/** The query of a request that is fine, with changes. */
export function authorizationQuery(changes: AuthorizationParameters = {}): string {
  const usual = { client_id: 'app', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid', state: 'st-1' };
  const entries = Object.entries({ ...usual, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return new URLSearchParams(entries).toString();
}

/** Signs in on the login page that `page` is. */
export function signIn(browser: UserAgent, page: Page, name = 'jane', password = RIGHT_PASSWORD): Promise<Page> {
  return browser.submit(page.form('login', 'password'), { fields: { login: name, password } });
}

/** Answers the question on the approval page that `page` is. */
export function approve(browser: UserAgent, page: Page): Promise<Page> {
  return browser.submit(page.form('hmac'), { fields: { approval: 'approve' } });
}

/** Says no on the approval page that `page` is. */
export function reject(browser: UserAgent, page: Page): Promise<Page> {
  return browser.submit(page.form('hmac'), { button: 'Not now' });
}

/** Presses the button of a sign-in page by which the person would rather not. */
export function cancel(browser: UserAgent, page: Page): Promise<Page> {
  const form = page.forms().find(({ action }) => action.searchParams.has('cancel'));
  if (form === undefined) throw new Error(`nothing to cancel on ${page.url.pathname}`);
  return browser.submit(form);
}

/** Where a page offers to start again; undefined when it does not. */
export function startAgain(page: { readonly body: string }): string | undefined {
  return /id="start-again" href="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&#38;', '&');
}

/** The parameters that a client got. */
export function answerOf(page: Page): Record<string, string> {
  return Object.fromEntries(page.url.searchParams);
}

/** Starts the service behind the product's own HTTP server. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const issuer = options.issuer ?? ISSUER;
  const basePath = new URL(issuer).pathname.replace(/\/$/, '');
  const checks = createCheckContext({
    clients: [],
    oauth2: { responseTypes: ['code'], requestObjects: { byValue: false, byReference: false }, ...options.oauth2 },
    ...(options.resources === undefined ? {} : { resources: options.resources }),
    ...(options.keys === undefined ? {} : { keys: options.keys }),
  });
  const { clock, logs, logger } = checks;
  const storage = createFakeStorage(clock);
  const federation = createFakeFederation();
  const events = createFakeEventLog();
  const clients = new Map((options.clients ?? [createClient('app')]).map((client) => [client.id as string, client]));
  const connectors = [...(options.connectors ?? [passwordConnector('ldap')])];
  const issued: FrontChannelTokensToIssue[] = [];
  const secrets = { areLoaded: true };
  const codeSecrets = secretKeeper(1, secrets);
  const service = await createAuthorizeService({
    ...checks,
    config: { ...checks.config, issuer, sessions: { ...checks.config.sessions, enabled: false, ...options.sessions } },
    events,
    storage: storage.port,
    federation: federation.port,
    tokens: {
      async issueFrontChannelTokens(request) {
        issued.push(request);
        return {
          ...(request.hasAccessToken ? { accessToken: 'access-token' } : {}),
          ...(request.hasIdToken ? { idToken: 'id-token' } : {}),
          expiresInSeconds: request.hasAccessToken ? 3600 : 0,
          scopes: request.authorization.scopes,
        };
      },
    },
    keys: { sign: () => Promise.reject(new Error('nothing is signed here')) },
    clients: {
      find: (id) => clients.get(id),
      corsOrigins: () => new Set(),
      ready: async () => undefined,
      close: () => undefined,
    },
    connectors: {
      find: (id) => connectors.find((connector) => connector.id === id),
      list: () => connectors,
      ready: async () => undefined,
      close: () => undefined,
    },
    codeSecrets,
    browserSecrets: secretKeeper(2, { areLoaded: true }),
  });
  const server = await startHttpServer({
    listen: '127.0.0.1:0',
    basePath,
    handlers: service.handlers,
    errorPage: service.errorPage,
    cors: { allowedOrigins: [], allowedHeaders: [] },
    headers: {},
    logger,
  });
  const url = (path: string): string => `http://127.0.0.1:${server.port}${basePath}${path}`;
  return {
    service,
    storage,
    federation,
    events,
    clock,
    clients,
    connectors,
    logs,
    secrets,
    issued,
    url,
    get: (path, headers = {}) => send(url(path), { headers }),
    post: (path, fields, headers = {}) =>
      send(url(path), { method: 'POST', body: new URLSearchParams(fields), headers }),
    browser: (headers = {}) => createUserAgent({ stopAt: 'https://', headers }),
    open: (browser, parameters) => browser.get(url(`/auth?${authorizationQuery(parameters)}`)),
    flowOf(code) {
      const content = parseCode(codeSecrets.ring(), code);
      return content === undefined ? undefined : Buffer.from(content.flowId).toString('base64url');
    },
    close: () => server.close(0),
  };
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { ...init, redirect: 'manual' });
  return {
    status: response.status,
    headers: response.headers,
    body: await response.text(),
    location: () => new URL(response.headers.get('location') ?? '', url),
  };
}

function secretKeeper(byte: number, state: { readonly areLoaded: boolean }): SecretKeeper {
  const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(byte)]]), 1);
  return {
    ring() {
      if (!state.areLoaded) throw unavailable('keys.not_loaded', 'not loaded yet');
      return ring;
    },
    ready: async () => undefined,
    close: () => undefined,
  };
}
