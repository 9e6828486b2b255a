import type { Outcome } from '@tessera/rpc';

/**
 * What a token is for; decides its `typ` header, and who may have it signed: `access_token` is `at+jwt` (RFC 9068 §2.1),
 * `logout_token` `logout+jwt` (OIDC Back-Channel Logout §2.4), `introspection` `token-introspection+jwt` (RFC 9701 §5),
 * `id_token` and `userinfo` (OIDC Core §5.3.2) `JWT`. Logout tokens are `authorize`'s, all others `token`'s.
 */
export type TokenType = 'access_token' | 'id_token' | 'logout_token' | 'userinfo' | 'introspection';

/** A token to sign. Header and key are the keys service's. */
export interface TokenToSign {
  readonly type: TokenType;
  readonly claims: Readonly<Record<string, unknown>>;
  /** JWS algorithm; undefined = the issuer's default. */
  readonly algorithm?: string;
  /** Adds `at_hash` over the token at this position (0-based) of the same bundle, which must come earlier (OIDC Core §3.1.3.6). */
  readonly atHashOf?: number;
  /** Adds `c_hash` over this code (OIDC Core §3.3.2.11). */
  readonly cHashOver?: string;
  /** Adds `at_hash` over this access token, which was not signed here (a reference token). */
  readonly atHashOver?: string;
  /** Adds `s_hash` over this state. */
  readonly sHashOver?: string;
}

/** Tokens of one answer: signed together, or not at all. */
export type TokenBundle = readonly TokenToSign[];

/** A public key as JWK (RFC 7517) with `kid`, `alg` and `use`. */
export type PublicJwk = Readonly<Record<string, unknown>> & { readonly kid: string; readonly alg: string };

/** The keys that verify this issuer's tokens. */
export interface PublicKeys {
  /** Changes whenever the set does. */
  readonly version: string;
  /** The signing key first. */
  readonly keys: readonly PublicJwk[];
}

/** What a symmetric key of this issuer is for. */
export type SecretPurpose = 'refresh_token' | 'access_token' | 'authorization_code' | 'browser' | 'connector_data';

/** The symmetric keys of one purpose. */
export interface Secrets {
  readonly versions: readonly { readonly version: number; readonly key: Uint8Array }[];
  readonly currentVersion: number;
  /** Ask again after this moment. */
  readonly refreshAt: Date;
}

/** What the keys service implements: everything in batches. */
export interface KeysApi {
  /** Compact serialisations for each bundle, in order. Has no side effects, so it may be asked twice. */
  sign(bundles: readonly TokenBundle[]): Promise<readonly Outcome<readonly string[]>[]>;
  /** The public keys; with a known version, waits for another one until the caller's deadline is near. */
  getPublicKeys(knownVersion?: string): Promise<PublicKeys>;
  getSecrets(purpose: SecretPurpose): Promise<Secrets>;
}

/** What callers have: single calls, joined into batches on the way. */
export interface Keys {
  sign(bundle: TokenBundle): Promise<readonly string[]>;
  getPublicKeys(knownVersion?: string): Promise<PublicKeys>;
  getSecrets(purpose: SecretPurpose): Promise<Secrets>;
}
