import type { JWK } from 'jose';
import { PASSWORD_HASH } from '../support/system-config.ts';

/** Where the conformance clients live, and the key that one of them signs its request objects with. */
export interface ConformanceSystem {
  /** The origin of the clients, on loopback: only some of their addresses are really called. */
  readonly clientOrigin: string;
  /** The private key; the configuration gets its public half. */
  readonly requestObjectKey: JWK;
}

/** A client of the conformance plans. All of them are confidential. */
export interface ConformanceClient {
  readonly id: string;
  readonly secret: string;
}

/** What a certification calls `client`. */
export const CLIENT = { id: 'conformance-client', secret: 'first-client-secret-of-high-entropy-0123456789' } as const;
/** What it calls `client2`: another one whose tokens must not be taken from the first. */
export const SECOND_CLIENT = {
  id: 'conformance-client-2',
  secret: 'second-client-secret-of-high-entropy-012345678',
} as const;
/** The client of the one module about `client_secret_post`. */
export const POST_CLIENT = {
  id: 'conformance-client-post',
  secret: 'third-client-secret-of-high-entropy-0123456789',
} as const;
/** Told by a frame in the browser that the person signed out. */
export const FRONT_CHANNEL_CLIENT = {
  id: 'conformance-front-channel',
  secret: 'front-channel-secret-of-high-entropy-0123456789',
} as const;
/** Told directly that the person signed out. */
export const BACK_CHANNEL_CLIENT = {
  id: 'conformance-back-channel',
  secret: 'back-channel-secret-of-high-entropy-0123456789',
} as const;

/** Paths of the clients below their origin. */
export const CLIENT_PATHS = {
  callback: '/callback',
  postLogout: '/post_logout_redirect',
  frontChannelLogout: '/frontchannel_logout',
  backChannelLogout: '/backchannel_logout',
  /** With a fragment, as OIDC Core §6.2 proposes for versions of the document. */
  requestObject: '/request-object#first-version',
} as const;

/** The person: every standard claim of OIDC Core §5.1 has a value, as the scope modules ask for all of them. */
export const PERSON = {
  login: 'jane.conformance@example.com',
  password: 'password',
  profile: {
    name: 'Jane Conformance',
    family_name: 'Conformance',
    given_name: 'Jane',
    middle_name: 'Q.',
    nickname: 'Janie',
    preferred_username: 'jane',
    profile: 'https://people.example/jane',
    picture: 'https://people.example/jane.png',
    website: 'https://jane.example',
    gender: 'female',
    birthdate: '1985-10-31',
    zoneinfo: 'Europe/Vienna',
    locale: 'de-AT',
    updated_at: 1_700_000_000,
  },
  address: {
    street_address: 'Ring 1',
    locality: 'Vienna',
    region: 'Vienna',
    postal_code: '1010',
    country: 'AT',
    formatted: 'Ring 1, 1010 Vienna, Austria',
  },
  phone: { phone_number: '+43 1 234567', phone_number_verified: true },
} as const;

/** Every combination that the implicit and the hybrid profile name, and `code`. */
const RESPONSE_TYPES = ['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'];

/** Lays what the plans need beside the people and clients of the other tests. */
export function withConformance(
  base: Readonly<Record<string, unknown>>,
  system: ConformanceSystem,
): Record<string, unknown> {
  return {
    ...base,
    oauth2: { responseTypes: RESPONSE_TYPES, requestObjects: { byValue: true, byReference: true } },
    staticPasswords: [...listOf(base['staticPasswords']), person()],
    staticClients: [...listOf(base['staticClients']), ...clients(system)],
  };
}

function person(): Record<string, unknown> {
  const { name, preferred_username: preferredUsername, ...profile } = PERSON.profile;
  return {
    email: PERSON.login,
    hash: PASSWORD_HASH,
    name,
    preferredUsername,
    userID: 'conformance-person-0001',
    claims: { ...profile, address: PERSON.address, ...PERSON.phone },
  };
}

function clients({ clientOrigin, requestObjectKey }: ConformanceSystem): Record<string, unknown>[] {
  const client = ({ id, secret }: ConformanceClient, more: Readonly<Record<string, unknown>> = {}) => ({
    id,
    secret,
    name: id,
    redirectURIs: [`${clientOrigin}${CLIENT_PATHS.callback}`],
    postLogoutRedirectURIs: [`${clientOrigin}${CLIENT_PATHS.postLogout}`],
    ...more,
  });
  return [
    client(CLIENT, {
      keys: { jwks: { keys: [publicHalf(requestObjectKey)] } },
      requestObjects: { uris: [`${clientOrigin}${CLIENT_PATHS.requestObject}`] },
    }),
    client(SECOND_CLIENT),
    client(POST_CLIENT, { authentication: { method: 'client_secret_post' } }),
    client(FRONT_CHANNEL_CLIENT, { logout: { frontchannelURI: `${clientOrigin}${CLIENT_PATHS.frontChannelLogout}` } }),
    client(BACK_CHANNEL_CLIENT, { backchannelLogoutURI: `${clientOrigin}${CLIENT_PATHS.backChannelLogout}` }),
  ];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function publicHalf({ kty, n, e, kid, alg, use }: JWK): JWK {
  return { kty, n, e, kid, alg, use } as JWK;
}
