import type { ClaimsRequest, Identity } from '@tessera/oauth';

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
  /** As it was in the authorization request; empty where there was none to return to (password, device, token exchange). */
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
  /** The session it comes of, also the claim `sid`; undefined = none. */
  readonly sessionId?: string;
  readonly details?: AuthorizationDetails;
}

/** What few authorizations have. A JSON document: no dates, no bytes. */
export interface AuthorizationDetails {
  /** The request had no `redirect_uri` (RFC 6749 §4.1.3), so the token request need not have it either. */
  readonly isRedirectUriImplied?: true;
  /** OIDC Core §2. */
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly claims?: ClaimsRequest;
  /** Resource indicators that may be asked for (RFC 8707). */
  readonly resources?: readonly string[];
  /** Who acts for the person (RFC 8693 §4.1), the claim `act`. */
  readonly actor?: Readonly<Record<string, unknown>>;
  /** Which grant it came of, where that is not a code: `password`, `implicit`, `urn:…`. */
  readonly grantType?: string;
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

/** An upstream identity system, stored. */
export interface Connector {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly isEnabled: boolean;
  /** Belongs to the federation service; storage does not read it. */
  readonly config: Uint8Array;
}

/** Something a person proves themselves with beside the password. */
export interface Credential {
  readonly id: string;
  /** `sub` of the person. */
  readonly subject: string;
  /** `totp`, `webauthn`, `recovery_codes`, … */
  readonly type: string;
  /** What the person calls it. */
  readonly label: string;
  /** Storage does not read it. */
  readonly payload: Uint8Array;
  readonly createdAt: Date;
  /** Undefined = never. */
  readonly lastUsedAt?: Date;
}

/** What a person agreed to for a client. One for each pair. */
export interface Consent {
  /** `sub` of the person. */
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly grantedAt: Date;
  /** Undefined = until it is withdrawn. */
  readonly expiresAt?: Date;
}

/** A person signed in with one browser. */
export interface Session {
  readonly id: string;
  /** `sub` of the person. */
  readonly subject: string;
  readonly connectorId: string;
  readonly identity: Identity;
  /** OIDC Core §2 `auth_time`. */
  readonly authTime: Date;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly expiresAt: Date;
  /** Clients that were given tokens in it, to be told when it ends. */
  readonly clientIds: readonly string[];
  /** Storage does not read it: authentication methods, the upstream's session, … */
  readonly payload: Uint8Array;
}

/** Lets its bearer register clients (RFC 7591 §1.2). The bearer's secret is not here: the token proves itself by its MAC. */
export interface InitialAccessToken {
  readonly id: string;
  readonly label: string;
  /** Registrations it is still good for. */
  readonly remainingUses: number;
  readonly createdAt: Date;
  /** Undefined = never. */
  readonly expiresAt?: Date;
  /** What may be registered; storage does not read it. */
  readonly policy: Uint8Array;
}

/** A record and the number of times it was written. */
export interface Versioned<T> {
  readonly value: T;
  /** 1 when created. */
  readonly version: number;
}

/** Where a page begins and how long it is. */
export interface PageRequest {
  /** `nextCursor` of the page before; undefined = from the beginning. A cursor outlives changes of the list. */
  readonly cursor?: string;
  /** Most items; 100 when left out, 1000 at most. */
  readonly limit?: number;
}

/** A part of a list, in the order of a key that never changes: what stands before and after is on no page twice. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined = this was the last page. */
  readonly nextCursor?: string;
}
