import { importJWK, SignJWT } from 'jose';
import { CALLBACK } from './system-config.ts';

/** May use every grant, for the local people alone. */
export const EVERY_GRANT = { id: 'every-grant', secret: 'every-grant-secret-of-high-entropy-0123456789' } as const;
/** The same, but the issuer of assertions does not speak to it. */
export const NEIGHBOUR = { id: 'neighbour', secret: 'neighbour-secret-of-high-entropy-0123456789' } as const;
/** As the first, with codes and tokens that last so long. */
export const SHORT_LIVED = { id: 'short-lived', secret: 'short-lived-secret-of-high-entropy-0123456789' } as const;
/** Long enough to redeem a code that was just given, on a machine that does much else. */
export const SHORT_LIFETIME_SECONDS = 2;
/** May use none of the grants of the token endpoint. */
export const NO_GRANT = { id: 'no-grant', secret: 'no-grant-secret-of-high-entropy-0123456789' } as const;
/** Was switched off. */
export const DISABLED = { id: 'disabled-app', secret: 'disabled-app-secret-of-high-entropy-0123456789' } as const;

/** A scope of an API, and the API's name; neither stands in discovery. */
export const ORDERS = { scope: 'orders.read', resource: 'https://orders.example' } as const;

/** Somebody whose assertions are taken as grants. */
export const WORKLOADS = 'https://workloads.example';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const WORKLOADS_KEY = {
  kty: 'EC',
  crv: 'P-256',
  kid: 'workloads-1',
  alg: 'ES256',
  x: 'ev2RGqtKkudtJ2L7y7zA_cx7VLEyQU6qWRV8KVUS3DU',
  y: 'LW3Zy7wcZ2YUBKGekadKLDOtJQWgm40LCWtuCAgRHdE',
  d: '_sAyc4Fz-cHAtzgvqshBES1VWB14FGoowHg1cknjmu4',
} as const;

/** An assertion with these claims, signed by {@link WORKLOADS}. */
export async function signAssertion(claims: Readonly<Record<string, unknown>>): Promise<string> {
  const { alg, kid } = WORKLOADS_KEY;
  return new SignJWT({ ...claims }).setProtectedHeader({ alg, kid }).sign(await importJWK(WORKLOADS_KEY, alg));
}

/** Lays the clients of the matrix of grants, an API, and the issuer of assertions beside what the other tests have. */
export function withGrantClients(base: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { staticClients } = base;
  const oauth2 = base['oauth2'] as { readonly grantTypes: readonly string[] };
  const { d: _secret, ...publicKey } = WORKLOADS_KEY;
  const trusted = {
    issuer: WORKLOADS,
    keys: { jwks: { keys: [publicKey] } },
    connectorID: 'local',
    clients: [EVERY_GRANT.id, SHORT_LIVED.id],
  };
  return {
    ...base,
    oauth2: { ...oauth2, grantTypes: [...oauth2.grantTypes, JWT_BEARER], trustedIssuers: [trusted] },
    resources: {
      apiScopes: [{ name: ORDERS.scope, showInDiscovery: false }],
      apiResources: [{ name: ORDERS.resource, scopes: [ORDERS.scope], requireResourceIndicator: true }],
    },
    staticClients: [...(Array.isArray(staticClients) ? staticClients : []), ...grantClients()],
  };
}

function grantClients(): readonly Record<string, unknown>[] {
  const shared = {
    // The grant for passwords is there only where a client names it together with the one connector.
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', 'password', DEVICE, EXCHANGE, JWT_BEARER],
    allowedConnectors: ['local'],
    redirectURIs: [CALLBACK],
    consent: { required: false },
    refreshTokens: { reuseInterval: '0s' },
  };
  const soon = `${SHORT_LIFETIME_SECONDS}s`;
  return [
    { ...EVERY_GRANT, ...shared, name: 'Every grant' },
    { ...NEIGHBOUR, ...shared, name: 'Neighbour' },
    {
      ...SHORT_LIVED,
      ...shared,
      name: 'Short-lived',
      tokens: { authorizationCodeLifetime: soon, accessTokenLifetime: soon, deviceCodeLifetime: soon },
      refreshTokens: { absoluteLifetime: soon },
    },
    { ...NO_GRANT, ...shared, name: 'No grant', grantTypes: ['implicit'] },
    { ...DISABLED, ...shared, name: 'Disabled', enabled: false },
  ];
}
