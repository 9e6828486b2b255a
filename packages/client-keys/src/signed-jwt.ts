import {
  isExpectedJwsType,
  type JwsProblem,
  parseCompactJws,
  type SigningAlgorithm,
  verifyCompactJws,
} from '@tessera/oauth';
import type { ClientKeys, KeyHolder } from './client-keys.ts';
import type { JwtClaims } from './jwt-claims.ts';

/** Whose signature a JWT must have. */
export interface SignedJwtExpectation {
  readonly keys: ClientKeys;
  readonly holder: KeyHolder;
  readonly algorithms: readonly SigningAlgorithm[];
  /** Header `typ` beside none and `JWT`. */
  readonly typ: string;
}

/** Outcome of {@link verifySignedJwt}. */
export type SignedJwtOutcome =
  | { readonly ok: true; readonly claims: JwtClaims }
  | { readonly ok: false; readonly reason: JwsProblem };

/**
 * Verifies the signature of a JWT with the public keys of a key holder, who is asked for them only for an algorithm and type
 * that are allowed. Throws as {@link ClientKeys.find}.
 */
export async function verifySignedJwt(
  token: string,
  { keys, holder, algorithms, typ }: SignedJwtExpectation,
): Promise<SignedJwtOutcome> {
  const parsed = parseCompactJws(token);
  if (!parsed.ok) return parsed;
  const { header } = parsed.jws;
  if (!algorithms.some((alg) => alg === header.alg)) return { ok: false, reason: 'algorithm-not-allowed' };
  const expectedType = chooseType(header.typ, typ);
  if (!isExpectedJwsType(header.typ, expectedType)) return { ok: false, reason: 'wrong-type' };
  const candidates = await keys.find(holder, header);
  const outcome = verifyCompactJws(token, { keys: candidates, algorithms, typ: expectedType });
  return outcome.ok ? { ok: true, claims: outcome.payload } : outcome;
}

/** The type to compare with: the particular one where the sender claims it, else `JWT`, which may be left out. */
export function chooseType(actual: string | undefined, particular: string): string {
  return actual !== undefined && isExpectedJwsType(actual, particular) ? particular : 'JWT';
}
