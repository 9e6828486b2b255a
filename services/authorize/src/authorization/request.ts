import type { Client, Parameters } from '@tessera/oauth';

/** Prompts of OIDC Core §3.1.2.1 that this server understands. */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account';

/** What arrived: a well-formed query or form, and nothing is known about it. */
export interface ParsedRequest {
  readonly parameters: Parameters;
}

/** It names a client that may use this server. */
export interface ClientKnownRequest extends ParsedRequest {
  readonly client: Client;
}

/** Its answer may travel to the client: only from here on is an error a redirect (RFC 6749 §4.1.2.1). */
export interface RedirectableRequest extends ClientKnownRequest {
  readonly redirectUri: string;
  /** Returned unchanged. */
  readonly state: string | undefined;
}

/** It may be shown to a person. */
export interface ValidRequest extends RedirectableRequest {
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
  /** The connector the client asks for (Dex's `connector_id`). */
  readonly connectorId: string | undefined;
}
