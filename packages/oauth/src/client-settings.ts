import type { ClaimMappings } from './claim-mappings.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

/** How a client proves who it is (OIDC Core §9, RFC 6749 §2.3). */
export const CLIENT_AUTH_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const;

/** One of {@link CLIENT_AUTH_METHODS}. */
export type ClientAuthMethodName = (typeof CLIENT_AUTH_METHODS)[number];

/** HMAC algorithms (RFC 7518 §3.2), keyed by the client's secret: for assertions and ID tokens of confidential clients only. */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;

/** One of {@link HMAC_ALGORITHMS}. */
export type HmacAlgorithm = (typeof HMAC_ALGORITHMS)[number];

/**
 * What is particular about a client. Everything may be left out; what is left out is as the issuer's configuration says for
 * all clients, or as the comment says. A JSON document: no dates, no bytes.
 */
export interface ClientSettings {
  /** The application's own page (RFC 7591 §2 `client_uri`), its privacy policy and its terms; shown on the sign-in page. */
  readonly clientUri?: string;
  readonly policyUri?: string;
  readonly tosUri?: string;
  /** What the application is, for pages; plain text. */
  readonly description?: string;

  /** Grants it may use, by `grant_type`, and `implicit`; undefined = all that the issuer offers. */
  readonly grantTypes?: readonly string[];
  /** Response types it may ask for; undefined = all that the issuer offers. */
  readonly responseTypes?: readonly string[];
  /** Scopes it may ask for; undefined = all there are. */
  readonly scopes?: readonly string[];
  /** PKCE even though it is confidential. Public clients always need it. */
  readonly requirePkce?: boolean;
  /** Accepts the challenge method `plain` although the issuer does not. Default false. */
  readonly allowPlainPkce?: boolean;
  /** Refuses authorization requests that are not a signed request object (RFC 9101 §10.5). Default false. */
  readonly requireRequestObject?: boolean;
  /** Algorithm its request objects must have; undefined = any asymmetric one of its keys. */
  readonly requestObjectSigningAlg?: SigningAlgorithm;
  /** Addresses from which its request objects are fetched; compared exactly, a fragment included (OIDC Core §6.2). */
  readonly requestUris?: readonly string[];
  /** Origins whose scripts may call the endpoints for clients. */
  readonly corsOrigins?: readonly string[];
  /** OIDC Core §4. */
  readonly initiateLoginUri?: string;

  /** The one method of the token endpoint; undefined = `client_secret_basic` or `client_secret_post`, `none` without a secret. */
  readonly authMethod?: ClientAuthMethodName;
  /** Algorithm its assertions must have; undefined = any that fits the method. */
  readonly authSigningAlg?: SigningAlgorithm | HmacAlgorithm;
  /** What `aud` of its assertions may be: the issuer or an endpoint's address (`any`, the default), or the issuer alone, as a string. */
  readonly assertionAudience?: 'any' | 'issuer';
  /** Its public keys: a JWK Set (RFC 7517 §5). Not together with `jwksUri`. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Where its public keys are: an https address. */
  readonly jwksUri?: string;

  /** Algorithm of its ID tokens; an HMAC one only for confidential clients. Undefined = the issuer's. */
  readonly idTokenSignedResponseAlg?: SigningAlgorithm | HmacAlgorithm;
  /** Algorithm of its access tokens; undefined = the issuer's. */
  readonly accessTokenSigningAlg?: SigningAlgorithm;
  /** Set = userinfo is answered as a JWT signed with it (OIDC Core §5.3.2). */
  readonly userinfoSignedResponseAlg?: SigningAlgorithm;
  /** Lifetimes in seconds; undefined = the issuer's. */
  readonly idTokenLifetimeSeconds?: number;
  readonly accessTokenLifetimeSeconds?: number;
  readonly authorizationCodeLifetimeSeconds?: number;
  readonly deviceCodeLifetimeSeconds?: number;
  /** `jwt` (RFC 9068, the default), or `reference`: a handle that says nothing by itself. */
  readonly accessTokenType?: 'jwt' | 'reference';
  /** Claims about the person also in the ID token where an access token is issued. Undefined = as Dex does: those of the scopes. */
  readonly idTokenClaims?: 'always' | 'dex' | 'minimal';
  readonly refreshTokens?: ClientRefreshTokens;

  /** Claims about the client itself, in access tokens: always, or (the default) where no person is involved. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly alwaysSendClientClaims?: boolean;
  /** Prefix of their names. Default `client_`. */
  readonly clientClaimsPrefix?: string;
  /** Groups in tokens of the grant client_credentials with the scope `groups`, as in Dex. */
  readonly clientCredentialsGroups?: readonly string[];
  /** Claims computed for this client's tokens and userinfo, after those of the issuer and of the scopes. */
  readonly claimMappings?: ClaimMappings;

  /** `pairwise`: a `sub` that no other sector sees (OIDC Core §8). Default `public`. */
  readonly subjectType?: 'public' | 'pairwise';
  /** Host that stands for the sector (OIDC Core §8.1); undefined = the host of the redirect URIs, which must be one. */
  readonly sectorIdentifier?: string;

  /** Whether people are asked to agree; undefined = unless `oauth2.skipApprovalScreen`. */
  readonly requireConsent?: boolean;
  /**
   * Whether people may have it remembered. Undefined = yes, but for a public client that is not answered at an https address
   * (RFC 8252 §8.6).
   */
  readonly allowRememberConsent?: boolean;
  /** How long it is remembered; undefined = until it is withdrawn. */
  readonly consentLifetimeSeconds?: number;

  /** Oldest sign-in that is good enough here (IdentityServer's user SSO lifetime, RFC 7591 `default_max_age`); undefined = any. */
  readonly maxAuthAgeSeconds?: number;
  /** Asked for when a request has no `acr_values`. */
  readonly defaultAcrValues?: readonly string[];
  /** Clients whose people need not sign in again when they come from this one (Dex's `ssoSharedWith`); `*` = all. Undefined = `sessions.ssoSharedWithDefault`. */
  readonly ssoSharedWith?: readonly string[];

  readonly frontchannelLogoutUri?: string;
  /** Whether `iss` and `sid` are sent. Default true. */
  readonly frontchannelLogoutSessionRequired?: boolean;
  readonly backchannelLogoutUri?: string;
  /** Whether the logout token has a `sid`. Default true. */
  readonly backchannelLogoutSessionRequired?: boolean;
}

/** How a client's refresh tokens live; what is left out is as `expiry.refreshTokens` says. */
export interface ClientRefreshTokens {
  /** `one-time`: each use gives a successor. `reusable`: the same one stays good. */
  readonly usage?: 'one-time' | 'reusable';
  readonly reuseIntervalSeconds?: number;
  /** Idle lifetime; 0 = none. */
  readonly validIfNotUsedForSeconds?: number;
  /** Since the sign-in; 0 = none. */
  readonly absoluteLifetimeSeconds?: number;
  /** They end with the session they came of (Dex's `refreshTokenLifetime: session`). Default false. */
  readonly endWithSession?: boolean;
}
