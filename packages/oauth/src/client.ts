import type { ClientSettings } from './client-settings.ts';

/** Identifier of a client, as registered (RFC 6749 §2.2). */
export type ClientId = string & { readonly __brand: 'ClientId' };

/** A client secret at rest: SHA-256 over salt and secret. Only for secrets of high entropy, never for human passwords. */
export interface SecretHash {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
  /** Undefined = does not expire. */
  readonly expiresAt?: Date;
}

/** A registered application (RFC 6749 §2), as every service sees it. */
export interface Client {
  readonly id: ClientId;
  readonly name: string;
  /** Empty for a public client without a secret; several during a rotation. */
  readonly secrets: readonly SecretHash[];
  /** Public clients cannot keep a secret (RFC 6749 §2.1). */
  readonly isPublic: boolean;
  readonly isEnabled: boolean;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  /** Clients that may ask for tokens for this one (Dex's cross-client trust). */
  readonly trustedPeers: readonly string[];
  /** Connector ids people may use for this client; empty = all. */
  readonly allowedConnectors: readonly string[];
  readonly logoUrl?: string;
  /**
   * The secret itself, for clients whose assertions or ID tokens are keyed by it (`client_secret_jwt`, HS256); undefined for
   * all others. Never in a log.
   */
  readonly hmacSecret?: string;
  readonly settings: ClientSettings;
}
