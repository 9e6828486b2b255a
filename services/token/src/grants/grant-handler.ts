import { OAuthError } from '@tessera/errors';
import type { Client, Parameters } from '@tessera/oauth';
import type { TokenResponse } from '../issue/tokens.ts';

/** A token request whose client is known. */
export interface GrantRequest {
  readonly form: Parameters;
  readonly client: Client;
  readonly now: Date;
  /** Where it came from, as far as the trusted proxies tell. */
  readonly remoteAddress: string;
}

/** What a grant answers with: that of RFC 6749 §5.1, and for an exchange what RFC 8693 §2.2.1 adds. */
export interface GrantAnswer extends Omit<TokenResponse, 'token_type'> {
  /** `N_A`: what stands in `access_token` is none (RFC 8693 §2.2.1). */
  readonly token_type: TokenResponse['token_type'] | 'N_A';
  readonly issued_token_type?: string;
}

/** Answers one `grant_type`. Throws OAuthError for what the client did, TesseraError for neighbours that failed. */
export type GrantHandler = (request: GrantRequest) => Promise<GrantAnswer>;

/** A row of the table of grants. */
export interface GrantDefinition {
  /** Who may use it at all: `confidential` refuses public clients (RFC 6749 §4.4). */
  readonly admits: 'all' | 'confidential';
  /** Whether somebody's connector is looked at, so that nothing may be answered before the connectors are known. */
  readonly needsConnectors: boolean;
  /** Whether a client may use it without naming it in `settings.grantTypes`. */
  readonly isForAllByDefault: boolean;
  readonly handle: GrantHandler;
}

/** The error of everything that is wrong with a code, a refresh token or a person's word (RFC 6749 §5.2). */
export function invalidGrant(description: string): OAuthError {
  return new OAuthError({ error: 'invalid_grant', description });
}

/** A grant that this client may not use (RFC 6749 §5.2). */
export function unauthorizedClient(): OAuthError {
  return new OAuthError({ error: 'unauthorized_client', description: 'The client may not use this grant type.' });
}
