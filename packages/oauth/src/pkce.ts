import { createHash } from 'node:crypto';
import { isEqualInConstantTime } from './constant-time.ts';

/** The transformations of RFC 7636 §4.2. */
export const CODE_CHALLENGE_METHODS = ['S256', 'plain'] as const;

/** How a challenge came out of its verifier (RFC 7636 §4.2). */
export type CodeChallengeMethod = (typeof CODE_CHALLENGE_METHODS)[number];

/** Why a redemption failed PKCE. */
export type PkceProblem = 'verifier-missing' | 'verifier-without-challenge' | 'verifier-malformed' | 'mismatch';

/** Outcome of {@link checkPkce}. */
export type PkceOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: PkceProblem };

/** What the authorization request left behind, and what the token request brings. */
export interface PkceInput {
  readonly challenge?: string | undefined;
  readonly method?: CodeChallengeMethod | undefined;
  readonly verifier?: string | undefined;
}

const VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
const S256_CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** Whether `value` is a code verifier: 43 to 128 unreserved characters (RFC 7636 §4.1). */
export function isCodeVerifier(value: string): boolean {
  return VERIFIER.test(value);
}

/** Whether `value` can be a challenge of `method`: 43 base64url characters for S256, a verifier for plain (RFC 7636 §4.2). */
export function isCodeChallenge(value: string, method: CodeChallengeMethod): boolean {
  return method === 'S256' ? S256_CHALLENGE.test(value) : isCodeVerifier(value);
}

/**
 * Reads `code_challenge_method`; a missing one means `plain` (RFC 7636 §4.3).
 * Undefined when the method is not among `supported`.
 */
export function parseCodeChallengeMethod(
  value: string | undefined,
  supported: readonly CodeChallengeMethod[],
): CodeChallengeMethod | undefined {
  const name = value ?? 'plain';
  return supported.find((method) => method === name);
}

/** The S256 challenge of a verifier (RFC 7636 §4.2). */
export function s256Challenge(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url');
}

/**
 * Compares the verifier of a token request with the challenge of its authorization request (RFC 7636 §4.6). One without
 * the other is a failure in both directions. A challenge stored without a method is taken as S256: with `plain`, whoever
 * saw the authorization request could answer.
 */
export function checkPkce({ challenge, method, verifier }: PkceInput): PkceOutcome {
  if (challenge === undefined) {
    return verifier === undefined ? { ok: true } : { ok: false, reason: 'verifier-without-challenge' };
  }
  if (verifier === undefined) {
    return { ok: false, reason: 'verifier-missing' };
  }
  if (!isCodeVerifier(verifier)) {
    return { ok: false, reason: 'verifier-malformed' };
  }
  const expected = method === 'plain' ? verifier : s256Challenge(verifier);
  return isEqualInConstantTime(expected, challenge) ? { ok: true } : { ok: false, reason: 'mismatch' };
}
