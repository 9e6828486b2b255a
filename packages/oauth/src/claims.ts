import { accessTokenAudience, type TokenAudience, tokenAudience } from './audience.ts';
import type { Identity } from './identity.ts';
import { withoutProtocolClaims } from './protocol-claims.ts';
import { formatScope, peersOfScopes } from './scopes.ts';

/** Dex's claim of the scope `federated:id`: who the person is upstream. */
export interface FederatedClaims {
  readonly connector_id: string;
  readonly user_id: string;
}

/** Claims about the person, chosen by scope as Dex chooses them. Empty ones are left out. */
export interface IdentityClaims {
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly groups?: readonly string[];
  readonly name?: string;
  readonly preferred_username?: string;
  readonly federated_claims?: FederatedClaims;
}

/** What both tokens say about the sign-in (OIDC Core §2, RFC 9068 §2.2.1). */
export interface LoginClaims {
  /** Epoch seconds. */
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly sid?: string;
}

/** Claims of an ID token (OIDC Core §2) before the signer adds `at_hash` and `c_hash`. Times are epoch seconds. */
export interface IdTokenClaims extends TokenAudience, LoginClaims, IdentityClaims {
  readonly iss: string;
  readonly sub: string;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly nonce?: string;
}

/** Claims of a JWT access token (RFC 9068 §2.2). Times are epoch seconds. */
export interface AccessTokenClaims extends TokenAudience, LoginClaims, IdentityClaims {
  readonly iss: string;
  readonly sub: string;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly client_id: string;
  /** Absent when no scope was granted. */
  readonly scope?: string;
  /** Who acts for the person (RFC 8693 §4.1). */
  readonly act?: Readonly<Record<string, unknown>>;
}

/** What both tokens of an answer are made from. */
export interface TokenClaimsInput {
  readonly issuer: string;
  /** The value of `sub`. */
  readonly subject: string;
  readonly clientId: string;
  /** Granted scopes; those of the form `audience:server:client_id:X` make the audience. */
  readonly scopes: readonly string[];
  readonly identity: Identity;
  /** Where the identity comes from; used by the scope `federated:id`. */
  readonly connectorId: string;
  /** Value of `jti`. */
  readonly tokenId: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** When the person signed in. */
  readonly authTime?: Date | undefined;
  /** Value of `sid` for tokens that belong to a browser session. */
  readonly sessionId?: string | undefined;
  readonly acr?: string | undefined;
  readonly amr?: readonly string[] | undefined;
  /** Claims beyond the protocol's; undefined = those of Dex for the scopes. None of them replaces one of the protocol's. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** {@link TokenClaimsInput} and what only an access token has. */
export interface AccessTokenClaimsInput extends TokenClaimsInput {
  /** Names of the API resources it is for. Default none. */
  readonly apiResources?: readonly string[] | undefined;
  /** The claim `act` (RFC 8693 §4.1). */
  readonly actor?: Readonly<Record<string, unknown>> | undefined;
}

/** {@link TokenClaimsInput} and what only an ID token has. */
export interface IdTokenClaimsInput extends TokenClaimsInput {
  /** The request's `nonce`, unchanged. */
  readonly nonce?: string | undefined;
}

/** Epoch seconds of a time, rounded down (RFC 7519 §2, NumericDate). */
function epochSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

/**
 * The claims of an ID token: unless others are given, exactly those of Dex. Further standard claims are answered by the
 * userinfo endpoint alone (OIDC Core §5.4), so the token stays small.
 */
export function idTokenClaims(input: IdTokenClaimsInput): IdTokenClaims {
  return {
    ...personClaims(input),
    iss: input.issuer,
    sub: input.subject,
    ...tokenAudience(input.clientId, peersOfScopes(input.scopes)),
    exp: epochSeconds(input.expiresAt),
    iat: epochSeconds(input.issuedAt),
    jti: input.tokenId,
    ...(isPresent(input.nonce) && { nonce: input.nonce }),
    ...loginClaims(input),
  };
}

/** The claims of a JWT access token (RFC 9068 §2.2), with the identity claims Dex's access tokens have. */
export function accessTokenClaims(input: AccessTokenClaimsInput): AccessTokenClaims {
  const { actor, apiResources = [] } = input;
  return {
    ...personClaims(input),
    iss: input.issuer,
    sub: input.subject,
    ...accessTokenAudience(input.clientId, peersOfScopes(input.scopes), apiResources),
    exp: epochSeconds(input.expiresAt),
    iat: epochSeconds(input.issuedAt),
    jti: input.tokenId,
    client_id: input.clientId,
    ...(input.scopes.length > 0 && { scope: formatScope(input.scopes) }),
    ...loginClaims(input),
    ...(actor !== undefined && { act: actor }),
  };
}

/** The claims about the person that the scopes `email`, `groups`, `profile` and `federated:id` ask for, as in Dex. */
export function identityClaims({
  scopes,
  identity,
  connectorId,
}: Pick<TokenClaimsInput, 'scopes' | 'identity' | 'connectorId'>): IdentityClaims {
  const has = (scope: string) => scopes.includes(scope);
  return {
    ...(has('email') && { ...nonEmpty('email', identity.email), email_verified: identity.emailVerified }),
    ...(has('groups') && identity.groups.length > 0 && { groups: [...identity.groups] }),
    ...(has('profile') && {
      ...nonEmpty('name', identity.username),
      ...nonEmpty('preferred_username', identity.preferredUsername),
    }),
    ...(has('federated:id') && { federated_claims: { connector_id: connectorId, user_id: identity.userId } }),
  };
}

function personClaims(input: TokenClaimsInput): Readonly<Record<string, unknown>> {
  return input.claims === undefined ? { ...identityClaims(input) } : withoutProtocolClaims(input.claims);
}

function loginClaims({ authTime, sessionId, acr, amr }: TokenClaimsInput): LoginClaims {
  return {
    ...(authTime !== undefined && { auth_time: epochSeconds(authTime) }),
    ...(isPresent(acr) && { acr }),
    ...(amr !== undefined && amr.length > 0 && { amr: [...amr] }),
    ...(isPresent(sessionId) && { sid: sessionId }),
  };
}

function nonEmpty<Name extends string>(name: Name, value: string): { [Key in Name]?: string } {
  return (value === '' ? {} : { [name]: value }) as { [Key in Name]?: string };
}

function isPresent(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
