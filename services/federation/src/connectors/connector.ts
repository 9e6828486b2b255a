import type { Identity } from '@tessera/oauth';

/** Who it is, and what the connector wants back at the next refresh. */
export interface ConnectorAnswer {
  readonly identity: Identity;
  /** Plain text; it is sealed before it leaves the service. Empty = nothing. */
  readonly data: string;
}

/** Signs people in by a form of ours. */
export interface PasswordConnector {
  /** Label of the user name field; empty = the page's own word for it. */
  readonly prompt: string;
  /** Throws a sign-in error; `invalidCredentials` for an unknown name and a wrong password alike. */
  login(request: {
    readonly username: string;
    readonly password: string;
    readonly scopes: readonly string[];
  }): Promise<ConnectorAnswer>;
}

/** Signs people in by a visit to the upstream. */
export interface CallbackConnector {
  /** Where the browser goes, and what `complete` wants back. */
  begin(request: {
    readonly state: string;
    readonly scopes: readonly string[];
    readonly loginHint?: string;
    /** Whether a session at the upstream is not enough. */
    readonly needsFreshSignIn?: true;
  }): Promise<{ readonly redirectUrl: string; readonly data: string }>;
  /** Throws a sign-in error; `invalidCallback` when it is not an answer to what `begin` asked. */
  complete(request: {
    readonly state: string;
    /** Raw query or form. */
    readonly parameters: string;
    readonly data: string;
    readonly scopes: readonly string[];
  }): Promise<ConnectorAnswer>;
}

/** Looks a person up again. */
export interface RefreshConnector {
  /** Throws a sign-in error; `userGone` when the upstream does not know the person any more. */
  refresh(request: {
    readonly identity: Identity;
    readonly data: string;
    readonly scopes: readonly string[];
  }): Promise<ConnectorAnswer>;
}

/** Turns a token of the upstream into an identity. */
export interface ExchangeConnector {
  /** Throws a sign-in error; `unsupportedExchange` for a type it does not take, `invalidCredentials` for a bad token. */
  exchange(request: {
    readonly token: string;
    /** {@link ID_TOKEN_TYPE} and {@link ACCESS_TOKEN_TYPE} are those there may be. */
    readonly tokenType: string;
  }): Promise<ConnectorAnswer>;
}

/** Signs people out of the upstream as well. */
export interface LogoutConnector {
  /** Where the browser goes; undefined: the upstream has no sign-out. Throws a sign-in error. */
  beginLogout(request: {
    /** What the sign-in or a refresh gave; empty when that is not to be had. */
    readonly data: string;
    readonly returnUrl: string;
    readonly state: string;
  }): Promise<string | undefined>;
}

/** A connector and what it can do. */
export interface Connector {
  readonly signIn:
    | ({ readonly kind: 'password' } & PasswordConnector)
    | ({ readonly kind: 'callback' } & CallbackConnector);
  /** Undefined: people who sign in by it get no refresh tokens. */
  readonly refresher?: RefreshConnector;
  /** Whether `refresher` has to be asked at each refresh of a token. */
  readonly refreshesUpstream: boolean;
  /** Undefined: it takes no tokens of the upstream. */
  readonly exchanger?: ExchangeConnector;
  /** Undefined: nobody can be signed out of the upstream. */
  readonly logout?: LogoutConnector;
  /** Closes its connections. */
  close(): Promise<void>;
}

/** The request for a refresh token (OIDC Core §11). */
export const OFFLINE_ACCESS = 'offline_access';
/** RFC 8693 §3: what kind of token is presented. */
export const ID_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:id_token';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
/** Dex's scope for groups. */
export const GROUPS_SCOPE = 'groups';
