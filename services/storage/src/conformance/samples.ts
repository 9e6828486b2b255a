import { randomUUID } from 'node:crypto';
import type { Authorization, CodeToRedeem, Grant, TokenToRotate, User } from '@tessera/contracts';
import { type Client, type ClientId, createRandomId } from '@tessera/oauth';

/** Text that breaks whoever counts bytes, escapes by hand or trusts the charset. */
export const AWKWARD_TEXT = 'Ünïcødé 漢字 🏛️ "quotes" \\back\\ \'; DROP -- {braces} \u0000 \u2028 \ud800';

/** An id as long as a backend has to take: 512 bytes of UTF-8. */
export const LONG_ID = `${'é漢🏛'.repeat(56)}12345678`;

/** A verifier and its S256 challenge (RFC 7636, appendix B). */
const PKCE = {
  verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
} as const;

/** An authorization of the client `app`; refreshable, its person known to the connector `ldap`. */
export function sampleAuthorization(overrides: Partial<Authorization> = {}): Authorization {
  return {
    clientId: 'app',
    redirectUri: 'https://app.example/callback',
    scopes: ['openid', 'offline_access'],
    nonce: 'n-0S6_WzA2Mj',
    pkce: { challenge: PKCE.challenge, method: 'S256' },
    identity: {
      userId: 'u1',
      username: 'Jane',
      preferredUsername: 'jane',
      email: 'Jane@Example.org',
      emailVerified: true,
      groups: ['staff'],
      claims: { locale: 'la' },
    },
    connectorId: 'ldap',
    connectorData: Uint8Array.from([0, 1, 2, 254, 255]),
    authTime: new Date('2025-12-31T23:59:30.123Z'),
    isRefreshable: true,
    refreshesUpstream: false,
    details: { acr: 'urn:example:loa:1', amr: ['pwd'], claims: { userinfo: { locale: { essential: true } } } },
    ...overrides,
  };
}

/** A redemption that fits {@link sampleAuthorization}. */
export function sampleCode(codeId: string, overrides: Partial<CodeToRedeem> = {}): CodeToRedeem {
  return {
    codeId,
    clientId: 'app',
    redirectUri: 'https://app.example/callback',
    codeVerifier: PKCE.verifier,
    grantId: randomUUID(),
    tokensExpireAt: new Date('2026-01-01T01:00:00.000Z'),
    refreshExpiresAt: new Date('2026-02-01T00:00:00.000Z'),
    validIfNotUsedForSeconds: 0,
    ...overrides,
  };
}

/** A presentation of a grant's present refresh token by its client, with rotation and without a reuse interval. */
export function sampleToken(grant: Grant, overrides: Partial<TokenToRotate> = {}): TokenToRotate {
  return {
    grantId: grant.id,
    generation: grant.generation,
    clientId: grant.authorization.clientId,
    rotates: true,
    reuseIntervalSeconds: 0,
    validIfNotUsedForSeconds: 0,
    attemptId: randomUUID(),
    ...overrides,
  };
}

/** A stored person. */
export function sampleUser(overrides: Partial<User> = {}): User {
  return {
    email: 'jane@example.org',
    identity: sampleAuthorization().identity,
    passwordHash: '$2b$10$abcdefghijklmnopqrstuuJ1Zl0g0w0W0m1Qq7lT0nQz3pX0e1y2a',
    isEnabled: true,
    isStatic: false,
    ...overrides,
  };
}

/** A stored client with two secrets. */
export function sampleClient(id: string): Client {
  return {
    id: id as ClientId,
    name: AWKWARD_TEXT,
    secrets: [
      { salt: Uint8Array.from([1, 2]), hash: Uint8Array.from([3, 255]) },
      { salt: Uint8Array.from([4]), hash: Uint8Array.from([5]), expiresAt: new Date('2027-01-01T00:00:00.000Z') },
    ],
    isPublic: false,
    isEnabled: true,
    redirectUris: ['https://app.example/callback'],
    postLogoutRedirectUris: [],
    trustedPeers: ['peer'],
    allowedConnectors: [],
    logoUrl: 'https://app.example/logo.svg',
    hmacSecret: AWKWARD_TEXT,
    settings: { authMethod: 'client_secret_jwt', description: AWKWARD_TEXT, refreshTokens: { endWithSession: true } },
  };
}

/** An id nobody has used. */
export function freshId(): string {
  return createRandomId();
}
