import { importVerificationKey, isSigningAlgorithm, type JwsHeader, type VerificationKey } from '@tessera/oauth';

/** Most keys of one set; a set with more is none. */
export const MAX_KEYS = 100;

/** The keys of a set that can verify signatures. */
export type KeySet = readonly PublishedKey[];

/** A key of a set. */
export interface PublishedKey {
  readonly key: VerificationKey;
  /** An RSA key whose JWK names no `alg`: it verifies every RSA algorithm (RFC 7517 §4.4). */
  readonly isAnyRsa: boolean;
}

/**
 * Takes a JWK Set from outside (RFC 7517 §5): the public keys for signatures. Private and symmetric ones, those of other uses
 * and weak ones are left out (N77), as RFC 7517 §5 says of what is not understood. Undefined for what is no set, and for more than
 * {@link MAX_KEYS} keys. Never throws.
 */
export function parseKeySet(document: unknown): KeySet | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const { keys } = document as { readonly keys?: unknown };
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) return undefined;
  return keys.flatMap((jwk: unknown) => {
    if (typeof jwk !== 'object' || jwk === null) return [];
    const members = jwk as Readonly<Record<string, unknown>>;
    const imported = importVerificationKey(members);
    if (!imported.ok) return [];
    return [{ key: imported.key, isAnyRsa: members['kty'] === 'RSA' && members['alg'] === undefined }];
  });
}

/** The keys of a set that may have made a signature: of its algorithm, and with its `kid` where it names one. */
export function selectKeys(keys: KeySet, { alg, kid }: JwsHeader): readonly VerificationKey[] {
  if (!isSigningAlgorithm(alg)) return [];
  const isRsa = /^[RP]S/.test(alg);
  return keys
    .filter(({ key, isAnyRsa }) => (kid === undefined || key.kid === kid) && (key.alg === alg || (isAnyRsa && isRsa)))
    .map(({ key }) => ({ ...key, alg }));
}
