import { importJWK } from 'jose';
import { CALLBACK } from './system-config.ts';

/** A client that proves itself by signatures, signs its requests, and wants its answers signed. */
export const SIGNING = {
  id: 'signing-app',
  privateKey: {
    kty: 'EC',
    crv: 'P-256',
    kid: 'signing-app-1',
    alg: 'ES256',
    x: 'I_mhjn358s3mOCsQHn6dSfvQzEJNn80YqWhO52TjqYg',
    y: 'n_rd_92ifq3iwVrtUWQ5ZJAgDw1f75fDC4yE3JEpJXo',
    d: 'WSZBnMBqWsoi9i-P1xyy7ZMw2JGa_bloSEfaKj-j9Rg',
  },
} as const;
/** Its private key, as client libraries take it. */
export async function importSigningKey(): Promise<{ readonly key: CryptoKey; readonly kid: string }> {
  const key = await importJWK(SIGNING.privateKey, 'ES256');
  if (!(key instanceof CryptoKey)) throw new TypeError('not an asymmetric key');
  return { key, kid: SIGNING.privateKey.kid };
}

/** A client that proves itself by a MAC, and whose ID tokens carry one. */
export const HMAC = { id: 'hmac-app', secret: 'hmac-secret-of-high-entropy-0123456789abcdef' } as const;
/** A device without a browser: a public client that asks for a person by the device flow alone. */
export const DEVICE = { id: 'device-app' } as const;

/** Apache as an application that is told of sign-outs in the browser. */
export const APACHE_FRONT = { id: 'apache-front', secret: 'apache-front-secret-of-high-entropy-0123456789' } as const;
/** Apache as an application that is told of sign-outs by a request. */
export const APACHE_BACK = { id: 'apache-back', secret: 'apache-back-secret-of-high-entropy-0123456789' } as const;

/** The ports of the two. */
export interface ApachePorts {
  readonly front: number;
  readonly back: number;
}

/** Path of the redirect URI, under which `mod_auth_openidc` also takes notice of sign-outs. */
export const APACHE_CALLBACK_PATH = '/protected/callback';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const GRANT_TYPES = [
  'authorization_code',
  'implicit',
  'refresh_token',
  'client_credentials',
  'password',
  DEVICE_GRANT,
  'urn:ietf:params:oauth:grant-type:token-exchange',
];
const RESPONSE_TYPES = ['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token'];

/** Lays what programs that were not written for this system need beside the clients of the other tests. */
export function withRelyingParties(
  base: Readonly<Record<string, unknown>>,
  apache: ApachePorts,
): Record<string, unknown> {
  const { oauth2, staticClients } = base;
  return {
    ...base,
    oauth2: { ...(oauth2 as object | undefined), grantTypes: GRANT_TYPES, responseTypes: RESPONSE_TYPES },
    staticClients: [
      ...(Array.isArray(staticClients) ? staticClients : []),
      ...signingClients(),
      ...apacheClients(apache),
    ],
  };
}

function signingClients(): readonly Record<string, unknown>[] {
  const { d: _secret, ...publicKey } = SIGNING.privateKey;
  return [
    {
      id: SIGNING.id,
      name: 'Signing App',
      redirectURIs: [CALLBACK],
      authentication: { method: 'private_key_jwt', signingAlgorithm: 'ES256' },
      keys: { jwks: { keys: [publicKey] } },
      requestObjects: { required: true, signingAlgorithm: 'ES256' },
      tokens: { userinfoSigningAlgorithm: 'RS256' },
    },
    {
      id: HMAC.id,
      secret: HMAC.secret,
      name: 'HMAC App',
      redirectURIs: [CALLBACK],
      authentication: { method: 'client_secret_jwt', signingAlgorithm: 'HS256' },
      tokens: { idTokenSigningAlgorithm: 'HS256' },
    },
    {
      id: DEVICE.id,
      public: true,
      name: 'Device',
      allowedConnectors: ['local'],
      grantTypes: [DEVICE_GRANT, 'refresh_token'],
    },
  ];
}

function apacheClients({ front, back }: ApachePorts): readonly Record<string, unknown>[] {
  const shared = (port: number) => ({
    redirectURIs: [`http://127.0.0.1:${port}${APACHE_CALLBACK_PATH}`],
    postLogoutRedirectURIs: [`http://127.0.0.1:${port}/`],
    ssoSharedWith: ['*'],
  });
  return [
    {
      ...APACHE_FRONT,
      name: 'Apache, told in the browser',
      ...shared(front),
      logout: { frontchannelURI: `http://127.0.0.1:${front}${APACHE_CALLBACK_PATH}?logout=get` },
    },
    {
      ...APACHE_BACK,
      name: 'Apache, told by a request',
      ...shared(back),
      backchannelLogoutURI: `http://127.0.0.1:${back}${APACHE_CALLBACK_PATH}?logout=backchannel`,
    },
  ];
}
