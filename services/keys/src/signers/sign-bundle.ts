import type { TokenBundle, TokenToSign } from '@tessera/contracts';
import { TesseraError, unavailable } from '@tessera/errors';
import { leftHalfHash, MAX_JWS_LENGTH } from '@tessera/oauth';
import { type ClaimRules, checkClaims } from './check-claims.ts';
import type { SigningKey } from './signing-key.ts';

/** Largest payload of a token, in bytes of JSON. */
const MAX_PAYLOAD_BYTES = 16 * 1024;

/** What signing needs to know. */
export interface SigningContext {
  readonly rules: ClaimRules;
  readonly nowSeconds: number;
  /** The key that signs now with an algorithm, or by default; undefined when there is none. */
  readonly findKey: (algorithm: string | undefined) => SigningKey | undefined;
}

/**
 * Signs the tokens of one answer in order, as compact JWS (RFC 7515 §7.1), or throws and signs none. Claims keep their
 * order; hashes come last. Throws `invalid_argument` for what may not be signed, `unavailable` without a key.
 */
export async function signBundle(bundle: TokenBundle, context: SigningContext): Promise<readonly string[]> {
  const tokens: string[] = [];
  for (const token of bundle) tokens.push(await signToken(token, tokens, context));
  return tokens;
}

async function signToken(token: TokenToSign, earlier: readonly string[], context: SigningContext): Promise<string> {
  const key = getKey(token.algorithm, context);
  checkClaims(token, context.rules, context.nowSeconds);
  const payload = Buffer.from(JSON.stringify(withHashes(token, key, earlier)), 'utf8');
  if (payload.length > MAX_PAYLOAD_BYTES) throw tooLarge(`a token's claims exceed ${MAX_PAYLOAD_BYTES} bytes`);
  const input = key.headers[token.type] + payload.toString('base64url');
  const signature = await key.sign(Buffer.from(input, 'latin1'));
  const signed = `${input}.${signature}`;
  if (token.type === 'access_token' && signed.length > MAX_JWS_LENGTH) {
    throw tooLarge(`an access token exceeds the ${MAX_JWS_LENGTH} characters that our own endpoints accept`);
  }
  return signed;
}

type UsableKey = SigningKey & { readonly sign: NonNullable<SigningKey['sign']> };

function getKey(algorithm: string | undefined, { findKey }: SigningContext): UsableKey {
  const key = findKey(algorithm);
  if (key === undefined && algorithm !== undefined) {
    throw new TesseraError({
      kind: 'invalid_argument',
      code: 'keys.unknown_algorithm',
      message: 'this issuer does not sign with the algorithm that was asked for',
    });
  }
  if (key?.sign === undefined) throw unavailable('keys.not_ready', 'there is no key to sign with yet');
  return key as UsableKey;
}

/** OIDC Core §3.1.3.6 and §3.3.2.11: both by the hash of the ID token's own algorithm. */
function withHashes(
  { claims, atHashOf, cHashOver }: TokenToSign,
  { alg }: SigningKey,
  earlier: readonly string[],
): Readonly<Record<string, unknown>> {
  if (atHashOf === undefined && cHashOver === undefined) return claims;
  const hashes: Record<string, string> = {};
  if (atHashOf !== undefined) hashes['at_hash'] = leftHalfHash(alg, getEarlier(earlier, atHashOf));
  if (cHashOver !== undefined) hashes['c_hash'] = leftHalfHash(alg, cHashOver);
  return { ...claims, ...hashes };
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
