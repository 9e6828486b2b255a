import { randomBytes, randomUUID } from 'node:crypto';
import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { Authorization, Grant, TokenApi } from '@tessera/contracts';
import { createSecretRing } from '@tessera/credentials';
import {
  type Client,
  createResourceModel,
  NO_RESOURCES,
  parseCompactJws,
  type Resources,
  type ScopeDefinition,
} from '@tessera/oauth';
import { createAccessTokenVerifier } from '../inspect/access-token.ts';
import { createAccessTokenInspector, type InspectAccessToken } from '../inspect/live-access-token.ts';
import { createClaimSources } from '../issue/claim-sources.ts';
import { createFrontChannelApi } from '../issue/front-channel.ts';
import { createTokenIssuer, type TokenIssuing, type TokenResponse, type TokensToIssue } from '../issue/tokens.ts';
import { createFakeSigner, type FakeSigner } from './fake-signer.ts';
import { createFakeStorage, type FakeStorage } from './fake-storage.ts';
import {
  createAuthorization,
  createClient,
  createConnector,
  expiry,
  ISSUER,
  type LogLine,
  oauth2,
  sessions,
} from './harness.ts';

/** Issuing on fakes, without endpoints. */
export interface IssueHarness {
  readonly issuing: TokenIssuing;
  readonly frontChannel: TokenApi;
  readonly inspect: InspectAccessToken;
  readonly clock: FakeClock;
  readonly signer: FakeSigner;
  readonly storage: FakeStorage;
  readonly clients: Map<string, Client>;
  readonly logs: LogLine[];
  /** Puts a grant of `app` and answers for it. */
  readonly issue: (
    changes?: Partial<Authorization>,
    client?: Client,
    tokens?: Partial<Pick<TokensToIssue, 'scopes' | 'resources' | 'nonce'>>,
  ) => Promise<TokenResponse>;
}

/** What may differ. */
export interface IssueHarnessChanges {
  readonly resources?: Partial<Resources>;
  readonly claims?: Partial<TesseraConfig['claims']>;
  readonly pairwiseSecret?: string;
  /** Default: all. */
  readonly responseTypes?: readonly string[];
}

export function createIssueHarness(changes: IssueHarnessChanges = {}): IssueHarness {
  const clock = createFakeClock(new Date('2026-03-01T12:00:00.250Z'));
  const storage = createFakeStorage(clock);
  const signer = createFakeSigner();
  const logs: LogLine[] = [];
  const ring = createSecretRing(new Map([[1, randomBytes(32)]]), 1);
  const secrets = { ring: () => ring, ready: async () => undefined, close: () => undefined };
  const clients = new Map([[String(createClient('app').id), createClient('app')]]);
  const connector = createConnector('ldap');
  const lifecycle = { ready: async () => undefined, close: () => undefined };
  const write =
    (level: LogLine['level']) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      logs.push({ level, message, fields });
    };
  const resources = { ...NO_RESOURCES, ...changes.resources };
  const options = {
    config: createConfig(changes),
    clock,
    logger: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    storage,
    keys: signer,
    clients: { find: (id: string) => clients.get(id), corsOrigins: () => new Set<string>(), ...lifecycle },
    connectors: {
      find: (id: string) => (id === 'ldap' ? connector : undefined),
      list: () => [connector],
      ...lifecycle,
    },
    resourceModel: createResourceModel(resources),
    refreshTokenSecrets: secrets,
    accessTokenSecrets: secrets,
  };
  const claims = createClaimSources(options);
  const verifyAccessToken = createAccessTokenVerifier(ISSUER, signer.verificationKeys);
  const issuing = createTokenIssuer({ ...options, claims });
  return {
    issuing,
    frontChannel: createFrontChannelApi({ ...options, claims }),
    inspect: createAccessTokenInspector({ ...options, claims, verifyAccessToken }),
    clock,
    signer,
    storage,
    clients,
    logs,
    issue(authorization = {}, client = createClient('app'), tokens = {}) {
      clients.set(client.id, client);
      const grant = createGrant(clock.now(), { clientId: client.id, ...authorization });
      storage.grants.set(grant.id, grant);
      const { scopes } = grant.authorization;
      return issuing.forGrant({ grant, client, scopes, resources: [], now: clock.now(), ...tokens });
    },
  };
}

/** A scope as a configuration has it. */
export function createScope(name: string, changes: Partial<ScopeDefinition> = {}): ScopeDefinition {
  return { name, required: false, emphasize: false, showInDiscovery: true, claims: [], claimMappings: {}, ...changes };
}

/** What a JWT says. */
export function payloadOf(token: string | undefined): Readonly<Record<string, unknown>> {
  const parsed = parseCompactJws(token ?? '');
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.jws.payload;
}

function createGrant(now: Date, changes: Partial<Authorization>): Grant {
  const authorization = { ...createAuthorization(now), scopes: ['openid'], isRefreshable: false, ...changes };
  return { id: randomUUID(), authorization, generation: 0, createdAt: now, lastUsedAt: now };
}

/** Every response type there is. */
const ALL_RESPONSE_TYPES: readonly string[] = [
  'code',
  'token',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
];

function createConfig({ resources, claims, pairwiseSecret, responseTypes = ALL_RESPONSE_TYPES }: IssueHarnessChanges) {
  return {
    issuer: ISSUER,
    expiry,
    oauth2: { ...oauth2, responseTypes, ...(pairwiseSecret !== undefined && { pairwiseSecret }) },
    claims: { mappings: {}, accessTokenMappings: {}, presets: [], ...claims },
    resources: { ...NO_RESOURCES, ...resources, apiResources: [] },
    sessions,
  };
}
