import type { ClaimsRequest, Client, Parameters } from '@tessera/oauth';

/** Prompts of OIDC Core §3.1.2.1 that this server understands. */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account' | 'create';

/** What is answered at the authorization endpoint (OAuth 2.0 Multiple Response Types §3). At least one is true. */
export interface ResponseType {
  readonly code: boolean;
  readonly token: boolean;
  readonly idToken: boolean;
}

/** How the answer travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2). */
export type ResponseMode = 'query' | 'fragment' | 'form_post';

/**
 * Who has to be the one that signs in: whom an `id_token_hint` names, whose signature and issuer are good and whose lifetime
 * was not looked at, or the `sub` that `claims` asks for (OIDC Core §5.5.1).
 */
export interface IdTokenHint {
  /** `sub` as the client knows it. */
  readonly subject: string;
  /** Others who would do as well, where `claims` names several. */
  readonly alternatives?: readonly string[];
  readonly sessionId?: string;
}

/** What arrived: a well-formed query or form, and nothing is known about it. */
export interface ParsedRequest {
  /** As they arrived: what travels on from page to page. What they ask for stands in {@link AskedRequest.asked}. */
  readonly parameters: Parameters;
}

/** It names a client that may use this server. */
export interface ClientKnownRequest extends ParsedRequest {
  readonly client: Client;
}

/** It says what it asks for. */
export interface AskedRequest extends ClientKnownRequest {
  /** The parameters themselves, or those inside the request object, which alone count then (RFC 9101 §6.3). */
  readonly asked: Parameters;
}

/** Its answer may travel to the client: only from here on is an error a redirect (RFC 6749 §4.1.2.1). */
export interface RedirectableRequest extends AskedRequest {
  readonly redirectUri: string;
  /** The request had no `redirect_uri` (RFC 6749 §3.1.2.3). */
  readonly isRedirectUriImplied: boolean;
  /** Returned unchanged. */
  readonly state: string | undefined;
  /** How an answer travels, an error included. */
  readonly responseMode: ResponseMode;
}

/** It says what it wants to be answered. */
export interface TypedRequest extends RedirectableRequest {
  readonly responseType: ResponseType;
}

/** It may be shown to a person. */
export interface ValidRequest extends TypedRequest {
  /** The device whose request this is (RFC 8628 §3.3): the redirect URI is empty, as the answer goes there. */
  readonly deviceUserCode?: string;
  /** Where the person starts again: a path of ours. Undefined = at the authorization endpoint, with the same parameters. */
  readonly restart?: string;
  /** RFC 8707 §2. */
  readonly resources: readonly string[];
  readonly claims: ClaimsRequest | undefined;
  /** OIDC Core §3.1.2.1, or the client's `maxAuthAgeSeconds` where that is less. */
  readonly maxAgeSeconds: number | undefined;
  /** Without IdentityServer's `idp:` and `tenant:`. */
  readonly acrValues: readonly string[];
  readonly idTokenHint: IdTokenHint | undefined;
  /** Each once; without `offline_access` where no code is issued (OIDC Core §11). */
  readonly scopes: readonly string[];
  readonly nonce: string | undefined;
  readonly pkce: { readonly challenge: string; readonly method: 'S256' | 'plain' } | undefined;
  readonly prompts: readonly Prompt[];
  /** Whether a session the person has at an upstream is not enough (OIDC Core §3.1.2.1 `prompt=login`, `max_age`). */
  readonly needsFreshSignIn: boolean;
  /** Whether the person has to agree even where consent is skipped. */
  readonly forcesApproval: boolean;
  readonly loginHint: string | undefined;
  readonly uiLocales: string | undefined;
  /** The connector the client asks for (Dex's `connector_id`, IdentityServer's `acr_values=idp:…`). */
  readonly connectorId: string | undefined;
}
