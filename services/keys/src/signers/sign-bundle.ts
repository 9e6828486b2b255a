import type { TokenBundle, TokenToSign } from '@tessera/contracts';
import { TesseraError, unavailable } from '@tessera/errors';
import { leftHalfHash, MAX_JWS_LENGTH } from '@tessera/oauth';
import type { SigningKeyChoice } from '../rotation/select-key.ts';
import { type ClaimRules, checkClaims } from './check-claims.ts';
import type { SigningKey } from './signing-key.ts';

/** Largest payload of a token, in bytes of JSON. */
const MAX_PAYLOAD_BYTES = 16 * 1024;

/** What signing needs to know. */
export interface SigningContext {
  readonly rules: ClaimRules;
  readonly nowSeconds: number;
  /** The key that signs now with an algorithm, or by default. */
  readonly chooseKey: (algorithm: string | undefined) => SigningKeyChoice<SigningKey>;
}

/**
 * Signs the tokens of one answer in order, as compact JWS (RFC 7515 §7.1), or throws and signs none. Claims keep their
 * order; hashes come last. Throws `invalid_argument` for what may not be signed, `unavailable` without a key.
 */
export async function signBundle(bundle: TokenBundle, context: SigningContext): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (const token of bundle) {
    const key = getKey(token.algorithm, context);
    const input = signingInput(token, key, tokens, context);
    tokens.push(signedToken(token, input, await key.sign(input)));
  }
  return tokens;
}

/** The header and the claims of a token (RFC 7515 §5.1). */
function signingInput(
  token: TokenToSign,
  key: UsableKey,
  earlier: readonly string[],
  { rules, nowSeconds }: SigningContext,
): string {
  checkClaims(token, rules, nowSeconds);
  const payload = Buffer.from(JSON.stringify(withHashes(token, key, earlier)), 'utf8');
  if (payload.length > MAX_PAYLOAD_BYTES) throw tooLarge(`a token's claims exceed ${MAX_PAYLOAD_BYTES} bytes`);
  return key.headers[token.type] + payload.toString('base64url');
}

function signedToken({ type }: TokenToSign, input: string, signature: string): string {
  const signed = `${input}.${signature}`;
  if (type === 'access_token' && signed.length > MAX_JWS_LENGTH) {
    throw tooLarge(`an access token exceeds the ${MAX_JWS_LENGTH} characters that our own endpoints accept`);
  }
  return signed;
}

type UsableKey = SigningKey & { readonly sign: NonNullable<SigningKey['sign']> };

function getKey(algorithm: string | undefined, { chooseKey }: SigningContext): UsableKey {
  const choice = chooseKey(algorithm);
  if (choice.outcome === 'unknown') {
    throw new TesseraError({
      kind: 'invalid_argument',
      code: 'keys.unknown_algorithm',
      message:
        'this issuer does not sign with the algorithm that was asked for; signer.config.algorithms lists those it does',
    });
  }
  if (choice.outcome === 'not_yet' || choice.key.sign === undefined) {
    throw unavailable('keys.not_ready', 'there is no key to sign with yet');
  }
  return choice.key as UsableKey;
}

/** OIDC Core §3.1.3.6 and §3.3.2.11, FAPI 1.0 Advanced §5.1.1: all by the hash of the ID token's own algorithm. */
function withHashes(
  { type, claims, atHashOf, atHashOver, cHashOver, sHashOver }: TokenToSign,
  { alg }: SigningKey,
  earlier: readonly string[],
): Readonly<Record<string, unknown>> {
  if ((atHashOf ?? atHashOver ?? cHashOver ?? sHashOver) === undefined) return claims;
  const accessToken = atHashOf === undefined ? atHashOver : getEarlier(earlier, atHashOf);
  const hashed = Object.entries({ at_hash: accessToken, c_hash: cHashOver, s_hash: sHashOver }).flatMap(
    ([name, value]): [string, string][] => (value === undefined ? [] : [[name, leftHalfHash(alg, value)]]),
  );
  if (type !== 'id_token') throw refusedHashes('only ID tokens have hashes of other values');
  if (atHashOf !== undefined && atHashOver !== undefined) throw refusedHashes('at_hash is over one access token only');
  return { ...claims, ...Object.fromEntries(hashed) };
}

function refusedHashes(message: string): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.claims_refused', message });
}

function getEarlier(earlier: readonly string[], position: number): string {
  const token = earlier[position];
  if (token !== undefined) return token;
  throw new TesseraError({
    kind: 'invalid_argument',
    code: 'keys.no_such_token',
    message: 'at_hash was asked over a token that does not come earlier in the bundle',
  });
}

function tooLarge(message: string): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code: 'keys.payload_too_large', message });
}
