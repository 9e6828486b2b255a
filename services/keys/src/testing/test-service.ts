import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { SessionsConfig, TesseraConfig } from '@tessera/config';
import type { TokenToSign } from '@tessera/contracts';
import type { HttpRequest } from '@tessera/http';
import { importVerificationKey, type SigningAlgorithm, type VerificationKey } from '@tessera/oauth';
import { noMetrics, silentLogger } from '@tessera/telemetry';
import type { KeysService } from '../ports.ts';
import { createKeysService } from '../server.ts';
import { createFakeKeySetStorage, type FakeKeySetStorage } from './fake-key-set-storage.ts';

/** The issuer of the tests. */
export const testIssuer = 'https://id.example.org/dex';

/** A key-encryption key in base64; every number gives another one. */
export function testKey(seed: number): string {
  return Buffer.alloc(32, seed).toString('base64');
}

/** What a test may choose. */
export interface TestServiceOptions {
  readonly storage?: FakeKeySetStorage;
  readonly clock?: FakeClock;
  /** The default one. Default ES256. */
  readonly algorithm?: SigningAlgorithm;
  /** All that are configured. Default the default one alone. */
  readonly algorithms?: readonly SigningAlgorithm[];
  readonly oauth2?: Partial<TesseraConfig['oauth2']>;
  readonly sessions?: Partial<SessionsConfig>;
  readonly resources?: TesseraConfig['resources'];
  readonly claims?: Partial<TesseraConfig['claims']>;
  readonly staticClients?: readonly { readonly settings: TesseraConfig['staticClients'][number]['settings'] }[];
  readonly keyEncryption?: TesseraConfig['keyEncryption'];
  readonly rotationSeconds?: number;
}

/** The part of the configuration this service reads, by the documented defaults. */
export function testConfig(options: TestServiceOptions = {}): TesseraConfig {
  const algorithm = options.algorithm ?? 'ES256';
  const part = {
    issuer: testIssuer,
    keyEncryption: options.keyEncryption ?? { type: 'value', value: testKey(1) },
    signer: {
      type: 'local',
      keysRotationPeriodSeconds: options.rotationSeconds ?? 21_600,
      algorithm,
      algorithms: options.algorithms ?? [algorithm],
      rsaKeyBits: 2048,
      selfSignedCertificates: false,
    },
    formerSigners: [],
    expiry: {
      idTokensSeconds: 86_400,
      accessTokensSeconds: 3600,
      masterSecretsSeconds: 7_776_000,
      authCodesSeconds: 60,
      authRequestsSeconds: 86_400,
      deviceRequestsSeconds: 300,
      refreshTokens: {
        disableRotation: false,
        reuseIntervalSeconds: 0,
        validIfNotUsedForSeconds: 0,
        absoluteLifetimeSeconds: 0,
      },
    },
    oauth2: {
      grantTypes: ['authorization_code', 'refresh_token'],
      responseTypes: ['code'],
      responseModes: ['query', 'fragment', 'form_post'],
      requestObjects: { byValue: true, byReference: false },
      pkce: { enforce: true, codeChallengeMethodsSupported: ['S256'] },
      ...options.oauth2,
    },
    sessions: { enabled: true, absoluteLifetimeSeconds: 86_400, ...options.sessions },
    resources: options.resources ?? { identityResources: [], apiScopes: [], apiResources: [] },
    claims: { mappings: {}, accessTokenMappings: {}, presets: [], ...options.claims },
    staticClients: options.staticClients ?? [],
  } as const;
  return part as unknown as TesseraConfig;
}

/** A service over fakes, not ready yet. */
export async function startTestService(
  options: TestServiceOptions = {},
): Promise<KeysService & { readonly clock: FakeClock; readonly storage: FakeKeySetStorage }> {
  const clock = options.clock ?? createFakeClock();
  const storage = options.storage ?? createFakeKeySetStorage();
  const service = await createKeysService({
    config: testConfig(options),
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    storage,
  });
  return { ...service, clock, storage };
}

/** An access token's claims that expire in ten minutes of `clock`. */
export function accessToken(clock: FakeClock, extra: Readonly<Record<string, unknown>> = {}): TokenToSign {
  const own = { aud: 'api', client_id: 'app', jti: 'j', ...expiry(clock) };
  return { type: 'access_token', claims: { iss: testIssuer, sub: 's', ...own, ...extra } };
}

/** An ID token's claims that expire in ten minutes of `clock`. */
export function idToken(clock: FakeClock, extra: Readonly<Record<string, unknown>> = {}): TokenToSign {
  return { type: 'id_token', claims: { iss: testIssuer, sub: 's', aud: 'app', ...expiry(clock), ...extra } };
}

/** A logout token's claims that expire in ten minutes of `clock`. */
export function logoutToken(clock: FakeClock, extra: Readonly<Record<string, unknown>> = {}): TokenToSign {
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const claims = {
    iss: testIssuer,
    aud: 'app',
    ...expiry(clock),
    jti: 'j',
    sub: 's',
    sid: 'session',
    events,
    ...extra,
  };
  return { type: 'logout_token', claims };
}

/** The claims of a userinfo answer. */
export function userinfo(extra: Readonly<Record<string, unknown>> = {}): TokenToSign {
  return { type: 'userinfo', claims: { iss: testIssuer, aud: 'app', sub: 's', email: 'a@example.org', ...extra } };
}

/** The claims of an introspection answer at the time of `clock`. */
export function introspection(clock: FakeClock, extra: Readonly<Record<string, unknown>> = {}): TokenToSign {
  const { iat } = expiry(clock);
  return { type: 'introspection', claims: { iss: testIssuer, aud: 'api', iat, token_introspection: {}, ...extra } };
}

/** One of each type, with claims that are as they should be. */
export function everyType(clock: FakeClock): readonly TokenToSign[] {
  return [accessToken(clock), idToken(clock), logoutToken(clock), userinfo(), introspection(clock)];
}

function expiry(clock: FakeClock): { readonly iat: number; readonly exp: number } {
  const iat = Math.floor(clock.now().getTime() / 1000);
  return { iat, exp: iat + 600 };
}

/** Signs one bundle; throws its error. */
export async function signOne(service: KeysService, ...bundle: readonly TokenToSign[]): Promise<readonly string[]> {
  const [outcome] = await service.api.sign([bundle]);
  if (outcome === undefined) throw new Error('no outcome');
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

/** The published keys, imported as a relying party does. */
export async function verificationKeys(service: KeysService): Promise<readonly VerificationKey[]> {
  const { keys } = await service.api.getPublicKeys();
  return keys.map((jwk) => {
    const imported = importVerificationKey(jwk);
    if (!imported.ok) throw new Error(imported.reason);
    return imported.key;
  });
}

/** A GET request with headers. */
export function getRequest(headers: HttpRequest['headers'] = {}): HttpRequest {
  const none = (): never => {
    throw new Error('not read by these handlers');
  };
  return {
    method: 'GET',
    path: '/',
    queryString: '',
    query: none,
    form: none,
    headers,
    segments: {},
    remoteAddress: '192.0.2.1',
    cookie: () => undefined,
  };
}

/** Lets everything that is under way come to its end, key generation on the thread pool included. */
export async function waitUntil(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 20_000; turns += 1) {
    if (await isTrue()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the condition never came true');
}
