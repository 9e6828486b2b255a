import type { Grant } from '@tessera/contracts';
import { encodeSubject, epochSeconds, formatScope, identityClaims } from '@tessera/oauth';
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
  /** Dex's member for the claims about the person. */
  readonly ext?: Readonly<Record<string, unknown>>;
}

/** Claims that stand in `ext`, as in Dex. */
const EXTENSION_CLAIMS = [
  'azp',
  'sid',
  'email',
  'email_verified',
  'groups',
  'name',
  'preferred_username',
  'federated_claims',
] as const;

/** Describes an access token by its own claims. */
export function describeAccessToken(issuer: string, token: AccessToken): ActiveToken {
  const [onlyAudience = token.clientId, ...furtherAudiences] = token.audiences;
  return {
    active: true,
    client_id: token.clientId,
    sub: token.subject,
    exp: token.expiresAt,
    iat: token.issuedAt,
    nbf: token.issuedAt,
    aud: furtherAudiences.length === 0 ? onlyAudience : token.audiences,
    iss: issuer,
    token_type: 'Bearer',
    token_use: 'access_token',
    jti: token.tokenId,
    ...describePerson(token.claims, token.scopes),
  };
}

/** Describes the current refresh token of a grant. `expiresAt` undefined = never. */
export function describeRefreshToken(issuer: string, grant: Grant, expiresAt: Date | undefined): ActiveToken {
  const { clientId, identity, connectorId, scopes } = grant.authorization;
  // The first token came with the grant, every other one with the last use.
  const issuedAt = epochSeconds(grant.generation === 0 ? grant.createdAt : grant.lastUsedAt);
  return {
    active: true,
    client_id: clientId,
    sub: encodeSubject(identity.userId, connectorId),
    ...(expiresAt !== undefined && { exp: epochSeconds(expiresAt) }),
    iat: issuedAt,
    nbf: issuedAt,
    aud: clientId,
    iss: issuer,
    token_type: 'Bearer',
    token_use: 'refresh_token',
    ...describePerson({ ...identityClaims({ scopes, identity, connectorId }) }, scopes),
  };
}

function describePerson(
  claims: Readonly<Record<string, unknown>>,
  scopes: readonly string[],
): Pick<ActiveToken, 'username' | 'scope' | 'ext'> {
  const username = claims['preferred_username'];
  const ext = EXTENSION_CLAIMS.flatMap((name) => (Object.hasOwn(claims, name) ? [[name, claims[name]] as const] : []));
  return {
    ...(typeof username === 'string' && { username }),
    ...(scopes.length > 0 && { scope: formatScope(scopes) }),
    ...(ext.length > 0 && { ext: Object.fromEntries(ext) }),
  };
}
