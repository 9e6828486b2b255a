import type { SigningAlgorithm } from '@tessera/oauth';

/** What signs tokens. */
export type SignerConfig = LocalSignerConfig | VaultSignerConfig | Pkcs11SignerConfig;

interface SignerBase {
  readonly keysRotationPeriodSeconds: number;
  /** What is signed with unless a client asks for another. */
  readonly algorithm: SigningAlgorithm;
  /** Tessera's own: every algorithm with keys, the default one first. */
  readonly algorithms: readonly SigningAlgorithm[];
}

/** Keys that are made by the keys service and stored encrypted. */
export interface LocalSignerConfig extends SignerBase {
  readonly type: 'local';
  /** Size of new RSA keys, in bits. Default 2048. */
  readonly rsaKeyBits: 2048 | 3072 | 4096;
  /** Whether new keys get a certificate of their own in the JWKS (`x5c`, RFC 7517 §4.7). Default false. */
  readonly selfSignedCertificates: boolean;
}

/** Keys in the Transit engine of Vault or OpenBao. */
export interface VaultSignerConfig extends SignerBase {
  readonly type: 'vault';
  readonly vault: VaultConfig;
  /** The Transit key of each of `algorithms`, no two alike. */
  readonly keyNames: Readonly<Partial<Record<SigningAlgorithm, string>>>;
}

/** Keys in a hardware security module, or another PKCS#11 token. */
export interface Pkcs11SignerConfig extends SignerBase {
  readonly type: 'pkcs11';
  readonly pkcs11: Pkcs11Config;
  /** Size of new RSA keys, in bits. Default 2048. */
  readonly rsaKeyBits: 2048 | 3072 | 4096;
}

/** A PKCS#11 token. */
export interface Pkcs11Config {
  /** Path of the vendor's library. */
  readonly library: string;
  readonly tokenLabel: string;
  readonly pin: string;
  /** Label of the keys that are made. Default `tessera`. */
  readonly keyLabel: string;
}

/** A signer that made keys before and makes none any more. */
export type FormerSignerConfig =
  | { readonly type: 'vault'; readonly vault: VaultConfig }
  | { readonly type: 'pkcs11'; readonly pkcs11: Pkcs11Config };

/** A Vault or OpenBao server and its Transit engine. */
export interface VaultConfig {
  /** `https://host:port`, without the path of the API. */
  readonly addr: string;
  /** Exactly one of the two. */
  readonly token?: string;
  /** A file with the token, read again when it changes. */
  readonly tokenFile?: string;
  /** Path of the Transit engine. Default `transit`. */
  readonly mount: string;
  readonly namespace?: string;
  /** PEM file of the authorities to trust instead of the runtime's own. */
  readonly caFile?: string;
}

/**
 * Where a key-encryption key comes from. In a file, or as a value, it is 32 bytes in base64; a file with `createIfMissing` is
 * made on first start (only the embedded default does that: beside the SQLite database). With `vault` the key stands in
 * storage, wrapped by a key of the Transit engine. `ephemeral` lives as long as the process, for `storage: memory` alone.
 */
export type KeyEncryptionSource =
  | { readonly type: 'file'; readonly file: string; readonly createIfMissing: boolean }
  | { readonly type: 'value'; readonly value: string }
  | { readonly type: 'vault'; readonly vault: VaultConfig; readonly keyName: string }
  | { readonly type: 'ephemeral' };

/** The key-encryption key. */
export type KeyEncryptionConfig = KeyEncryptionSource & {
  /** Further keys that open what they sealed, until it is sealed anew under the one. Default none. */
  readonly alsoOpens?: readonly KeyEncryptionSource[];
};
