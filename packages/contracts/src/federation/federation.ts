import type { Identity } from '@tessera/oauth';

/** How people use a connector: by a form of ours, or by a visit to the upstream. */
export type ConnectorKind = 'password' | 'callback';

/** What the other services know of a connector. */
export interface ConnectorDescription {
  readonly id: string;
  /** Dex's type name, e.g. `ldap`. */
  readonly type: string;
  /** What people see. */
  readonly name: string;
  readonly kind: ConnectorKind;
  /** Label of the user name field; empty for connectors that ask for none. */
  readonly usernamePrompt: string;
  /** Whether refresh tokens can be given to people who sign in by it. */
  readonly canRefresh: boolean;
  /** Whether `refresh` has to be asked at each refresh of a token; else storage knows the user. */
  readonly refreshesUpstream: boolean;
  /** Grants it may be used for; empty = all. */
  readonly grantTypes: readonly string[];
}

/** Who it is, and what the connector wants back at the next refresh. */
export interface Authentication {
  readonly identity: Identity;
  /** Sealed by the federation service; empty = nothing. */
  readonly connectorData: Uint8Array;
}

/**
 * Codes of the TesseraErrors that sign-in ends with, as far as callers tell them apart. The kind is in parentheses.
 *
 * - `invalidCredentials` (unauthenticated): no such person, or another password; which of the two is not told.
 * - `userAmbiguous` (conflict): the directory knows the name twice.
 * - `upstreamUnavailable` (unavailable): the upstream did not answer, or not in time.
 * - `upstreamRefused` (permission_denied): the upstream says the person may not, or they declined there.
 * - `notInRequiredGroups` (permission_denied): a person, but in none of the groups the configuration asks for.
 * - `userGone` (not_found): at refresh, the upstream does not know the person any more.
 * - `unknownConnector` (not_found): there is no such connector.
 * - `unsupportedExchange` (invalid_argument): the connector takes no tokens, or none of that type.
 * - `invalidCallback` (invalid_argument): what came back with the browser is not an answer to what was asked.
 */
export const federationErrors = {
  invalidCredentials: 'federation.invalid_credentials',
  userAmbiguous: 'federation.user_ambiguous',
  upstreamUnavailable: 'federation.upstream_unavailable',
  upstreamRefused: 'federation.upstream_refused',
  notInRequiredGroups: 'federation.not_in_required_groups',
  userGone: 'federation.user_gone',
  unknownConnector: 'federation.unknown_connector',
  invalidCallback: 'federation.invalid_callback',
  unsupportedExchange: 'federation.unsupported_exchange',
} as const;

/** A password to check. */
export interface LoginRequest {
  readonly connectorId: string;
  readonly username: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

/** A visit to the upstream to begin. */
export interface BeginCallbackRequest {
  readonly connectorId: string;
  /** Comes back unchanged. */
  readonly state: string;
  readonly scopes: readonly string[];
  readonly loginHint?: string;
  /** Whether the person has to prove who they are anew, whatever session they have at the upstream (N55). */
  readonly needsFreshSignIn?: true;
}

/** A return from the upstream. */
export interface CompleteCallbackRequest {
  readonly connectorId: string;
  readonly state: string;
  /** The callback's query or form, raw. */
  readonly parameters: string;
  /** As `beginCallback` answered. */
  readonly connectorData: Uint8Array;
  readonly scopes: readonly string[];
}

/** A person to look up again. */
export interface RefreshRequest {
  readonly connectorId: string;
  readonly identity: Identity;
  readonly connectorData: Uint8Array;
  readonly scopes: readonly string[];
}

/** An upstream's token to turn into an identity (RFC 8693, Dex's `connector_id`). */
export interface ExchangeTokenRequest {
  readonly connectorId: string;
  readonly token: string;
  /** `urn:ietf:params:oauth:token-type:id_token` or `…:access_token`. */
  readonly tokenType: string;
}

/** A sign-out to carry to the upstream. */
export interface BeginLogoutRequest {
  readonly connectorId: string;
  /** As the sign-in gave it. */
  readonly connectorData: Uint8Array;
  /** Where the upstream sends the browser afterwards. */
  readonly returnUrl: string;
  /** Comes back unchanged. */
  readonly state: string;
}

/** What the federation service implements, and callers have. Errors: see {@link federationErrors}. */
export interface Federation {
  listConnectors(): Promise<readonly ConnectorDescription[]>;
  login(request: LoginRequest): Promise<Authentication>;
  beginCallback(
    request: BeginCallbackRequest,
  ): Promise<{ readonly redirectUrl: string; readonly connectorData: Uint8Array }>;
  completeCallback(request: CompleteCallbackRequest): Promise<Authentication>;
  refresh(request: RefreshRequest): Promise<Authentication>;
  /** Rejects with `unsupportedExchange` where the connector takes no tokens, `invalidCredentials` for a bad one. */
  exchangeToken(request: ExchangeTokenRequest): Promise<Authentication>;
  /** Undefined: this upstream cannot be signed out of. */
  beginLogout(request: BeginLogoutRequest): Promise<string | undefined>;
}
