import { epochSeconds } from '@tessera/clock';
import type { Grant } from '@tessera/contracts';
import { formatScope, identityClaims, withoutProtocolClaims } from '@tessera/oauth';
import type { AccessToken } from './access-token.ts';

/** An active token as introspection describes it (RFC 7662 §2.2), by wire names. Times are epoch seconds. */
export interface ActiveToken {
  readonly active: true;
  readonly client_id: string;
  readonly sub: string;
  /** Absent for a refresh token that never expires. */
  readonly exp?: number;
  readonly iat: number;
  readonly nbf: number;
  /** The preferred user name, where the scope `profile` was granted. */
  readonly username?: string;
  readonly aud: string | readonly string[];
  readonly iss: string;
  readonly token_type: 'Bearer';
  readonly token_use: 'access_token' | 'refresh_token';
  readonly scope?: string;
  readonly jti?: string;
  /** RFC 9470 §6.2. */
  readonly auth_time?: number;
  readonly acr?: string;
  /** Who acts for the person (RFC 8693 §4.1). */
  readonly act?: unknown;
  /** Dex's member for the claims about the person; ours for all that are not the protocol's. */
  readonly ext?: Readonly<Record<string, unknown>>;
}

/** Claims of the protocol that stand in `ext`, as in Dex. */
const PROTOCOL_EXTENSIONS = ['azp', 'sid'] as const;

/** Describes an access token by its own claims, to its client and its audience. */
export function describeAccessToken(issuer: string, token: AccessToken): ActiveToken {
  const { claims, scopes } = token;
  const ext = { ...pick(claims, PROTOCOL_EXTENSIONS), ...withoutProtocolClaims(claims) };
  return {
    ...describeToken(issuer, token),
    aud: audienceOf(token),
    ...describePerson(claims),
    ...describeScopes(scopes),
    ...describeExtension(ext),
  };
}

/** What an API resource is told of a token that is meant for it. */
export interface ApiView {
  readonly apiResource: string;
  /** Its scopes among those of the token. */
  readonly scopes: readonly string[];
  /** Claims that concern it. */
  readonly claimNames: ReadonlySet<string>;
}

/**
 * Describes an access token to one of the API resources it is for: no other audience, no other scopes, and no claims but
 * those that the API resource asks for.
 */
export function describeToApi(issuer: string, token: AccessToken, view: ApiView): ActiveToken {
  const names = Object.keys(withoutProtocolClaims(token.claims)).filter((name) => view.claimNames.has(name));
  const ext = pick(token.claims, names);
  return {
    ...describeToken(issuer, token),
    aud: view.apiResource,
    ...describePerson(ext),
    ...describeScopes(view.scopes),
    ...describeExtension(ext),
  };
}

/** A refresh token that is described. */
export interface RefreshTokenToDescribe {
  readonly issuer: string;
  readonly grant: Grant;
  /** As the client knows the person. */
  readonly subject: string;
  /** Whether the client knows the person by a name of its sector alone; then the person's own id is not told (OIDC Core §8.1). */
  readonly isPairwise: boolean;
  /** Undefined = never. */
  readonly expiresAt: Date | undefined;
}

/** Describes the current refresh token of a grant. */
export function describeRefreshToken({
  issuer,
  grant,
  subject,
  isPairwise,
  expiresAt,
}: RefreshTokenToDescribe): ActiveToken {
  const { clientId, identity, connectorId, scopes } = grant.authorization;
  // The first token came with the grant, every other one with the last use.
  const issuedAt = epochSeconds(grant.generation === 0 ? grant.createdAt : grant.lastUsedAt);
  const { federated_claims: ownId, ...others } = identityClaims({ scopes, identity, connectorId });
  const claims = { ...others, ...(ownId !== undefined && !isPairwise && { federated_claims: ownId }) };
  return {
    active: true,
    client_id: clientId,
    sub: subject,
    ...(expiresAt !== undefined && { exp: epochSeconds(expiresAt) }),
    iat: issuedAt,
    nbf: issuedAt,
    aud: clientId,
    iss: issuer,
    token_type: 'Bearer',
    token_use: 'refresh_token',
    ...describePerson(claims),
    ...describeScopes(scopes),
    ...describeExtension(claims),
  };
}

function describeToken(issuer: string, token: AccessToken): Omit<ActiveToken, 'aud'> {
  const { auth_time: authTime, acr, act } = token.claims;
  return {
    active: true,
    client_id: token.clientId,
    sub: token.subject,
    exp: token.expiresAt,
    iat: token.issuedAt,
    nbf: token.issuedAt,
    iss: issuer,
    token_type: 'Bearer',
    token_use: 'access_token',
    jti: token.tokenId,
    ...(typeof authTime === 'number' && { auth_time: authTime }),
    ...(typeof acr === 'string' && { acr }),
    ...(act !== undefined && { act }),
  };
}

function audienceOf({ audiences, clientId }: AccessToken): string | readonly string[] {
  const [onlyAudience = clientId, ...furtherAudiences] = audiences;
  return furtherAudiences.length === 0 ? onlyAudience : audiences;
}

function describePerson(claims: Readonly<Record<string, unknown>>): Pick<ActiveToken, 'username'> {
  const username = claims['preferred_username'];
  return typeof username === 'string' ? { username } : {};
}

function describeScopes(scopes: readonly string[]): Pick<ActiveToken, 'scope'> {
  return scopes.length > 0 ? { scope: formatScope(scopes) } : {};
}

function describeExtension(claims: Readonly<Record<string, unknown>>): Pick<ActiveToken, 'ext'> {
  return Object.keys(claims).length > 0 ? { ext: claims } : {};
}

function pick(claims: Readonly<Record<string, unknown>>, names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(claims, name) ? [[name, claims[name]]] : [])));
}
