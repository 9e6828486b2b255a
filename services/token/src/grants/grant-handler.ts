import { OAuthError } from '@tessera/errors';
import type { Client, Parameters } from '@tessera/oauth';
import type { TokenResponse } from '../issue/tokens.ts';

/** A token request whose client is known. */
export interface GrantRequest {
  readonly form: Parameters;
  readonly client: Client;
  readonly now: Date;
}

/** Answers one `grant_type`. Throws OAuthError for what the client did, TesseraError for neighbours that failed. */
export type GrantHandler = (request: GrantRequest) => Promise<TokenResponse>;

/** The error of everything that is wrong with a code or refresh token (RFC 6749 §5.2). */
export function invalidGrant(description: string): OAuthError {
  return new OAuthError({ error: 'invalid_grant', description });
}
