import { errorKinds, TesseraError } from '@tessera/errors';
import type { Client, ClientId, ClientSettings, Identity } from '@tessera/oauth';
import { failed, type Outcome, succeeded } from '@tessera/rpc';
import fc from 'fast-check';
import type { Authentication, ConnectorDescription } from '../federation/federation.ts';
import type { TokenToSign } from '../keys/keys.ts';
import type { Authorization, AuthorizationDetails, Grant, User } from '../storage/records.ts';
import type { CodeOutcome, CodeToRedeem, GrantToCreate, RotationOutcome, TokenToRotate } from '../storage/storage.ts';
import type { FrontChannelTokens, FrontChannelTokensToIssue } from '../token/token.ts';

/** Any text that UTF-8 can carry. */
export const text = fc.string({ unit: 'grapheme', maxLength: 20 });
/** A text that the wire does not take for an absent one. */
export const someText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
/** A moment, to the millisecond. */
export const moment = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
/** Any bytes. */
export const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
/** A number the wire has room for. */
export const count = fc.nat({ max: 2 ** 32 - 1 });
/** Some texts. */
export const texts = fc.array(text, { maxLength: 4 });
const claims = fc
  .dictionary(someText, fc.jsonValue(), { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);

/** A record whose fields of `optional` may be absent. */
export function record<T extends object, K extends keyof T>(
  fields: { [P in keyof T]-?: fc.Arbitrary<T[P]> },
  optional: K[],
) {
  const requiredKeys = (Object.keys(fields) as (keyof T)[]).filter((key) => !optional.includes(key as K));
  return fc.record(fields as never, { requiredKeys: requiredKeys as never, noNullPrototype: true }) as fc.Arbitrary<T>;
}

/** Identities. */
export const identity: fc.Arbitrary<Identity> = record<Identity, never>(
  {
    userId: text,
    username: text,
    preferredUsername: text,
    email: text,
    emailVerified: fc.boolean(),
    groups: texts,
    claims,
  },
  [],
);

const secret = record<Client['secrets'][number], 'expiresAt'>({ salt: bytes, hash: bytes, expiresAt: moment }, [
  'expiresAt',
]);

/** What is particular about clients: any of it may be left out. */
const settings: fc.Arbitrary<ClientSettings> = fc.record(
  {
    description: text,
    grantTypes: texts,
    requirePkce: fc.boolean(),
    authMethod: fc.constantFrom('client_secret_jwt', 'private_key_jwt', 'none'),
    jwks: fc.record({ keys: fc.array(claims, { maxLength: 2 }) }, { noNullPrototype: true }),
    idTokenSignedResponseAlg: fc.constantFrom('RS256', 'HS512'),
    idTokenLifetimeSeconds: count,
    refreshTokens: fc.record({ endWithSession: fc.boolean() }, { requiredKeys: [], noNullPrototype: true }),
    claims,
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Clients. */
export const client: fc.Arbitrary<Client> = record<Client, 'logoUrl' | 'hmacSecret'>(
  {
    id: someText as unknown as fc.Arbitrary<ClientId>,
    name: text,
    secrets: fc.array(secret, { maxLength: 3 }),
    isPublic: fc.boolean(),
    isEnabled: fc.boolean(),
    redirectUris: texts,
    postLogoutRedirectUris: texts,
    trustedPeers: texts,
    allowedConnectors: texts,
    logoUrl: someText as fc.Arbitrary<string | undefined> as never,
    hmacSecret: someText as never,
    settings,
  },
  ['logoUrl', 'hmacSecret'],
);

/** People of the password database. */
export const user: fc.Arbitrary<User> = record<User, never>(
  { email: text, identity, passwordHash: text, isEnabled: fc.boolean(), isStatic: fc.boolean() },
  [],
);

/** What few authorizations have. */
const details: fc.Arbitrary<AuthorizationDetails> = fc.record(
  {
    isRedirectUriImplied: fc.constant(true as const),
    acr: text,
    amr: texts,
    claims: fc.record({ idToken: claims as fc.Arbitrary<Record<string, object>> }, { noNullPrototype: true }),
    resources: texts,
    actor: claims,
    grantType: text,
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Authorizations. */
export const authorization: fc.Arbitrary<Authorization> = record<
  Authorization,
  'nonce' | 'pkce' | 'sessionId' | 'details'
>(
  {
    clientId: text,
    redirectUri: text,
    scopes: texts,
    nonce: someText as never,
    pkce: fc.record(
      { challenge: someText, method: fc.constantFrom('S256', 'plain') },
      { noNullPrototype: true },
    ) as never,
    identity,
    connectorId: text,
    connectorData: bytes,
    authTime: moment,
    isRefreshable: fc.boolean(),
    refreshesUpstream: fc.boolean(),
    sessionId: someText as never,
    details: details as never,
  },
  ['nonce', 'pkce', 'sessionId', 'details'],
);

/** Grants. */
export const grant: fc.Arbitrary<Grant> = record<Grant, 'expiresAt' | 'revokedAt'>(
  {
    id: text,
    authorization,
    generation: count,
    createdAt: moment,
    lastUsedAt: moment,
    expiresAt: moment as never,
    revokedAt: moment as never,
  },
  ['expiresAt', 'revokedAt'],
);

/** Codes to redeem. */
export const code: fc.Arbitrary<CodeToRedeem> = record<
  CodeToRedeem,
  'grantType' | 'redirectUri' | 'codeVerifier' | 'refreshExpiresAt'
>(
  {
    codeId: text,
    grantType: someText as never,
    clientId: text,
    redirectUri: someText as never,
    codeVerifier: someText as never,
    grantId: text,
    tokensExpireAt: moment,
    refreshExpiresAt: moment as never,
    validIfNotUsedForSeconds: count,
  },
  ['grantType', 'redirectUri', 'codeVerifier', 'refreshExpiresAt'],
);

/** Grants to create. */
export const grantToCreate: fc.Arbitrary<GrantToCreate> = record<GrantToCreate, 'refreshExpiresAt'>(
  {
    grantId: text,
    authorization,
    tokensExpireAt: moment,
    refreshExpiresAt: moment as never,
    validIfNotUsedForSeconds: count,
  },
  ['refreshExpiresAt'],
);

/** Refresh tokens to rotate. */
export const rotation: fc.Arbitrary<TokenToRotate> = record<TokenToRotate, 'upstream'>(
  {
    grantId: text,
    generation: count,
    clientId: text,
    rotates: fc.boolean(),
    reuseIntervalSeconds: count,
    validIfNotUsedForSeconds: count,
    attemptId: text,
    upstream: fc.record({ identity, connectorData: bytes }, { noNullPrototype: true }) as never,
  },
  ['upstream'],
);

const error = fc
  .record({
    kind: fc.constantFrom(...errorKinds),
    code: someText,
    message: text,
    retryAfterSeconds: fc.integer({ min: 1, max: 9 }),
  })
  .map((options) => new TesseraError(options));

/** Outcomes of which some are errors. */
export function outcome<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Outcome<T>> {
  return fc.oneof({ weight: 4, arbitrary: value.map(succeeded) }, { weight: 1, arbitrary: error.map(failed) });
}

/** What becomes of codes. */
export const codeOutcome: fc.Arbitrary<CodeOutcome> = fc.oneof(
  grant.map((value) => ({ type: 'redeemed' as const, grant: value })),
  fc
    .constantFrom('unknown', 'replayed', 'other_client', 'redirect_uri', 'pkce')
    .map((refusal) => ({ type: 'refused' as const, refusal })) as fc.Arbitrary<CodeOutcome>,
);

/** What becomes of refresh tokens. */
export const rotationOutcome: fc.Arbitrary<RotationOutcome> = fc.oneof(
  grant.map((value) => ({ type: 'rotated' as const, grant: value })),
  grant.map((value) => ({ type: 'upstream_first' as const, grant: value })),
  fc
    .constantFrom('unknown', 'revoked', 'expired', 'reused', 'user_gone')
    .map((refusal) => ({ type: 'refused' as const, refusal })) as fc.Arbitrary<RotationOutcome>,
);

/** Tokens to sign. */
export const tokenToSign: fc.Arbitrary<TokenToSign> = record<
  TokenToSign,
  'algorithm' | 'atHashOf' | 'cHashOver' | 'atHashOver' | 'sHashOver'
>(
  {
    type: fc.constantFrom('access_token', 'id_token', 'userinfo', 'introspection'),
    claims,
    algorithm: someText as never,
    atHashOf: fc.nat({ max: 10 }) as never,
    cHashOver: someText as never,
    atHashOver: someText as never,
    sHashOver: someText as never,
  },
  ['algorithm', 'atHashOf', 'cHashOver', 'atHashOver', 'sHashOver'],
);

/** Tokens of the front channel to issue. */
export const tokensToIssue: fc.Arbitrary<FrontChannelTokensToIssue> = record<
  FrontChannelTokensToIssue,
  'code' | 'state'
>(
  {
    authorization,
    hasAccessToken: fc.boolean(),
    hasIdToken: fc.boolean(),
    code: someText as never,
    state: someText as never,
    grantId: text,
  },
  ['code', 'state'],
);

/** Tokens of the front channel. */
export const issuedTokens: fc.Arbitrary<FrontChannelTokens> = record<FrontChannelTokens, 'accessToken' | 'idToken'>(
  {
    accessToken: someText as never,
    expiresInSeconds: count,
    idToken: someText as never,
    scopes: texts,
  },
  ['accessToken', 'idToken'],
);

/** Connectors. */
export const connector: fc.Arbitrary<ConnectorDescription> = record<ConnectorDescription, never>(
  {
    id: text,
    type: text,
    name: text,
    kind: fc.constantFrom('password', 'callback'),
    usernamePrompt: text,
    canRefresh: fc.boolean(),
    refreshesUpstream: fc.boolean(),
    grantTypes: texts,
  },
  [],
);

/** Authentications. */
export const authentication: fc.Arbitrary<Authentication> = record<Authentication, never>(
  { identity, connectorData: bytes },
  [],
);
