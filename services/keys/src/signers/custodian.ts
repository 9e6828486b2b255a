import type { SigningAlgorithm } from '@tessera/oauth';
import type { PrivateHalf, PrivateHalfOf } from './private-half.ts';

/** Signs a JWS signing input, which is ASCII (RFC 7515 §5.1); the signature as JWS has it (RFC 7518 §3), in base64url. */
export type Signer = (input: string) => Promise<string>;

/** A new key. */
export interface NewKey<H extends PrivateHalf = PrivateHalf> {
  /** The public key's thumbprint (RFC 7638). */
  readonly kid: string;
  /** The public key (RFC 7517 §4), without `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, string>>;
  /** What is stored of the private half: enough for any replica to open it, and nothing that signs by itself. */
  readonly privateHalf: H;
  /** Certificates of the public key, base64 DER, its own first (RFC 7517 §4.7). */
  readonly x5c?: readonly string[];
}

/**
 * Keeps private keys and signs with them: one implementation for each place that private keys can be in. All of them pass
 * `conformance/`.
 */
export interface Custodian<T extends PrivateHalf['signer'] = PrivateHalf['signer']> {
  readonly type: T;
  /**
   * A new key. Nobody knows it before it is stored; where two replicas make one at once, that of the loser is never used.
   * A custodian whose keys are made elsewhere takes one that is there, unless `known` has it already.
   *
   * @param known what is stored of all keys of the algorithm.
   * @throws unavailable (`keys.signer_unavailable`) while its device or server does not answer; invalid_argument
   *   (`keys.signer_refused`) when it cannot make such a key.
   */
  create(alg: SigningAlgorithm, known: readonly PrivateHalf[]): Promise<NewKey<PrivateHalfOf<T>>>;
  /**
   * Opens a stored private half once; what it gives signs as often as is asked. A signer that cannot sign just now rejects
   * with `unavailable` (`keys.signer_unavailable`).
   *
   * @throws `keys.wrong_key_encryption_key` where something does not open; as {@link create} otherwise.
   */
  open(alg: SigningAlgorithm, kid: string, privateHalf: PrivateHalfOf<T>): Promise<Signer>;
  /** Destroys a private half that no stored key names any more, where that can be done. Repeated, it changes nothing. */
  destroy(privateHalf: PrivateHalfOf<T>): Promise<void>;
  close(): Promise<void>;
}
