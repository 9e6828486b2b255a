/** A version of a key of the Transit engine. */
export interface TransitKeyVersion {
  readonly version: number;
  /** SubjectPublicKeyInfo in PEM; for ed25519 the raw key in base64. */
  readonly publicKey: string;
}

/** A key of the Transit engine, as `GET /transit/keys/:name` describes it. */
export interface TransitKey {
  readonly name: string;
  /** E.g. `rsa-2048`, `ecdsa-p256`, `ed25519`, `aes256-gcm96`. */
  readonly type: string;
  /** In rising order; empty for symmetric keys. */
  readonly versions: readonly TransitKeyVersion[];
  readonly latestVersion: number;
}

/** How a Transit key signs. */
export interface TransitSignature {
  readonly keyName: string;
  readonly keyVersion: number;
  /** `sha2-256` and so on; undefined for ed25519, which hashes by itself. */
  readonly hashAlgorithm?: string;
  /** RSA only. */
  readonly signatureAlgorithm?: 'pkcs1v15' | 'pss';
  /** EC only: `jws` gives `r ‖ s` in base64url. */
  readonly marshaling?: 'jws';
}

/**
 * What we ask of the Transit engine of a Vault or OpenBao server. Every call throws `unavailable` (`keys.vault_unavailable`)
 * when the server does not answer, is sealed or is overloaded, and `invalid_argument` (`keys.vault_refused`) when it refuses:
 * no such key, no permission, an expired token. No message holds a token, a key or a plaintext.
 */
export interface VaultTransit {
  /** Undefined when there is no such key. */
  readKey(name: string): Promise<TransitKey | undefined>;
  /** Makes a new version; its number. */
  rotateKey(name: string): Promise<number>;
  /** Signatures of the inputs in order, in base64url, by one call (`batch_input`); all of them or none. */
  sign(how: TransitSignature, inputs: readonly Buffer[]): Promise<readonly string[]>;
  /** `vault:v1:…`. */
  encrypt(keyName: string, plaintext: Buffer, context: Buffer): Promise<string>;
  decrypt(keyName: string, ciphertext: string, context: Buffer): Promise<Buffer>;
  /** The same under the key's latest version, without the plaintext ever leaving the server. */
  rewrap(keyName: string, ciphertext: string, context: Buffer): Promise<string>;
  close(): Promise<void>;
}
