import type { Outcome } from '@tessera/rpc';
import type { Authorization } from '../storage/records.ts';

/** Tokens that are answered at the authorization endpoint (OIDC Core §3.2.2.5 and §3.3.2.5). */
export interface FrontChannelTokensToIssue {
  readonly authorization: Authorization;
  /** Whether `token` is in the response type. */
  readonly hasAccessToken: boolean;
  /** Whether `id_token` is in the response type. */
  readonly hasIdToken: boolean;
  /** Answered beside the tokens: makes `c_hash`. */
  readonly code?: string;
  /** Makes `s_hash`. */
  readonly state?: string;
  /** UUID for the grant of the access token, chosen by the caller, so that a repeated call is known as the same. */
  readonly grantId: string;
}

/** What is answered. */
export interface FrontChannelTokens {
  readonly accessToken?: string;
  /** Lifetime of the access token; 0 without one. */
  readonly expiresInSeconds: number;
  readonly idToken?: string;
  readonly scopes: readonly string[];
}

/** What the token service implements for the others. */
export interface TokenApi {
  /**
   * Issues tokens of the front channel. One with an access token creates a grant (one durable statement for the batch), so
   * that the token can be revoked; an ID token alone writes nothing.
   */
  issueFrontChannelTokens(
    requests: readonly FrontChannelTokensToIssue[],
  ): Promise<readonly Outcome<FrontChannelTokens>[]>;
}

/** What callers have: single calls, joined into batches on the way. */
export interface TokenIssuer {
  issueFrontChannelTokens(request: FrontChannelTokensToIssue): Promise<FrontChannelTokens>;
}
