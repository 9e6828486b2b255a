import { createFakeClock, epochSeconds, type FakeClock } from '@tessera/clock';
import type { OidcConnectorConfig } from '@tessera/config';
import { type EgressClient, EgressError, type EgressRequest } from '@tessera/egress';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type {
  CallbackConnector,
  Connector,
  ConnectorAnswer,
  LogoutConnector,
  RefreshConnector,
} from '../../connector.ts';
import { readOidcSettings } from '../config.ts';
import { connectToUpstream } from '../connector.ts';
import { sampleConfig, UPSTREAM_ISSUER } from './sample-upstream.ts';

/** What a path answers: a JSON document (400 when it is an error), a status, or nothing at all. */
export type FakeAnswer = object | number | 'down';

/** A connector at a provider in memory. */
export interface FakeUpstream {
  readonly clock: FakeClock;
  readonly asked: EgressRequest[];
  /** By path; 404 for any other. */
  readonly answers: Map<string, FakeAnswer | ((request: EgressRequest) => Promise<FakeAnswer>)>;
  readonly signIn: CallbackConnector;
  readonly refresher: RefreshConnector;
  readonly logout: LogoutConnector;
  /** Paths that were asked, in order. */
  paths(): readonly string[];
  /** An ID token about Jane that ends in 5 minutes. */
  idToken(claims: Readonly<Record<string, unknown>>, kid?: string): Promise<string>;
  /** A sign-in that asks for a refresh token, with what the token endpoint answers beside the usual. */
  visit(
    tokens?: Readonly<Record<string, unknown>>,
    claims?: Readonly<Record<string, unknown>>,
  ): Promise<ConnectorAnswer>;
}

/** Scopes of {@link FakeUpstream.visit}. */
export const offline: readonly string[] = ['openid', 'offline_access'];

const person = { sub: 'j1', name: 'Jane', email: 'jane@example.com', email_verified: true };

/** A connector of the client `tess:era` with the secret `s&cret`; changes of its configuration and of the discovery document. */
export async function createFakeUpstream(
  changes: Partial<OidcConnectorConfig> = {},
  document: Readonly<Record<string, unknown>> = {},
): Promise<FakeUpstream> {
  const clock = createFakeClock();
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  const asked: EgressRequest[] = [];
  const answers: FakeUpstream['answers'] = new Map<string, FakeAnswer>([
    ['/.well-known/openid-configuration', { ...discoveryDocument, ...document }],
    ['/keys', { keys: [key] }],
  ]);
  const config = { ...sampleConfig, clientID: 'tess:era', clientSecret: 's&cret', ...changes };
  const client = createClient(asked, answers);
  const parts = partsOf(connectToUpstream({ settings: await readOidcSettings(config), client, clock }));
  const idToken: FakeUpstream['idToken'] = (claims, kid = 'k1') => {
    const iat = epochSeconds(clock.now());
    const usual = { iss: UPSTREAM_ISSUER, aud: config.clientID, iat, exp: iat + 300, ...person };
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  };
  return {
    clock,
    asked,
    answers,
    ...parts,
    paths: () => asked.map(({ url }) => new URL(url).pathname),
    idToken,
    async visit(tokens = {}, claims = {}) {
      const { redirectUrl, data } = await parts.signIn.begin({ state: 'st', scopes: offline });
      const nonce = new URL(redirectUrl).searchParams.get('nonce');
      const id_token = await idToken({ nonce, ...claims });
      answers.set('/token', { access_token: 'at', id_token, refresh_token: 'rt-1', ...tokens });
      return parts.signIn.complete({ state: 'st', parameters: 'code=c&state=st', data, scopes: offline });
    },
  };
}

const discoveryDocument = {
  issuer: UPSTREAM_ISSUER,
  authorization_endpoint: `${UPSTREAM_ISSUER}/auth?tenant=1`,
  token_endpoint: `${UPSTREAM_ISSUER}/token`,
  jwks_uri: `${UPSTREAM_ISSUER}/keys`,
  userinfo_endpoint: `${UPSTREAM_ISSUER}/me`,
  code_challenge_methods_supported: ['plain', 'S256'],
};

function createClient(asked: EgressRequest[], answers: FakeUpstream['answers']): EgressClient {
  return {
    async send(request) {
      asked.push(request);
      const given = answers.get(new URL(request.url).pathname) ?? 404;
      const answer = typeof given === 'function' ? await given(request) : given;
      if (answer === 'down') throw new EgressError('unreachable', 'upstream.example cannot be reached');
      if (typeof answer === 'number') return { status: answer, mediaType: 'text/html', text: '<p>canary</p>' };
      const status = 'error' in answer ? 400 : 200;
      return { status, mediaType: 'application/json', text: JSON.stringify(answer) };
    },
    async close() {},
  };
}

function partsOf({ signIn, refresher, logout }: Connector): Pick<FakeUpstream, 'signIn' | 'refresher' | 'logout'> {
  if (signIn.kind !== 'callback' || refresher === undefined || logout === undefined) {
    throw new Error('oidc signs in by callback, refreshes and signs out');
  }
  return { signIn, refresher, logout };
}
