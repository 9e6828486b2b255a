import type { Identity } from '@tessera/oauth';

/** A person of the password database. */
export interface User {
  /** Lower case. */
  readonly email: string;
  readonly identity: Identity;
  /** bcrypt or Argon2id in its usual text form. */
  readonly passwordHash: string;
  readonly isEnabled: boolean;
  /** From the configuration file, so that calls cannot change it. */
  readonly isStatic: boolean;
}

/** What a code stands for: what the person agreed to, and who they are. */
export interface Authorization {
  readonly clientId: string;
  /** As it was in the authorization request. */
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly nonce?: string;
  readonly pkce?: { readonly challenge: string; readonly method: 'S256' | 'plain' };
  readonly identity: Identity;
  readonly connectorId: string;
  /** Sealed by the federation service. */
  readonly connectorData: Uint8Array;
  /** When the person signed in (OIDC Core §2 `auth_time`). */
  readonly authTime: Date;
  /** Whether a refresh token is to be given. */
  readonly isRefreshable: boolean;
  /** Whether the upstream is asked at each refresh. */
  readonly refreshesUpstream: boolean;
}

/** One sign-in at one client, and the refresh-token family that comes of it. */
export interface Grant {
  /** UUID. */
  readonly id: string;
  readonly authorization: Authorization;
  /** Number of the refresh token that is valid now; counts from 0. */
  readonly generation: number;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** Undefined = never. */
  readonly expiresAt?: Date;
  /** Undefined = it stands. */
  readonly revokedAt?: Date;
}

/** The state of one sign-in in progress. The payload belongs to the authorize service. */
export interface AuthorizationRequestRecord {
  readonly id: string;
  /** 1 when put; each update adds one. */
  readonly version: number;
  readonly payload: Uint8Array;
}
