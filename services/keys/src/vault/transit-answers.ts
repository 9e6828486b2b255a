import type { TransitKey, TransitKeyVersion } from './transit.ts';
import { vaultRefused, vaultUnavailable } from './vault-errors.ts';
import { refusalText } from './vault-refusal-text.ts';

type Members = Readonly<Record<string, unknown>>;

/** A key as `GET keys/:name` and `POST keys/:name/rotate` describe it. Throws `keys.vault_unavailable`. */
export function readTransitKey(data: Members, name: string): TransitKey {
  const { type, latest_version: latestVersion, keys } = data;
  if (typeof type !== 'string' || !isVersion(latestVersion)) throw unreadable(`the key ${name}`);
  const versions = Object.entries(isObject(keys) ? keys : {})
    .flatMap(([version, described]) => readVersion(Number(version), described) ?? [])
    .sort((one, other) => one.version - other.version);
  return { name, type, versions, latestVersion };
}

/** Symmetric keys have moments of creation in place of public keys. */
function readVersion(version: number, described: unknown): TransitKeyVersion | undefined {
  const publicKey = isObject(described) ? described['public_key'] : undefined;
  return isVersion(version) && typeof publicKey === 'string' ? { version, publicKey } : undefined;
}

/**
 * The signatures of a batch, in base64url: exactly as many as were asked for, all by the version asked for. Throws
 * `keys.vault_refused` when one of them was refused, and `keys.vault_unavailable` when it is no such answer.
 */
export function readSignatures(data: Members, count: number, keyVersion: number): readonly string[] {
  const results = data['batch_results'];
  if (!Array.isArray(results) || results.length !== count) throw unreadable(`a batch of ${count}`);
  return results.map((result: unknown) => {
    const { signature, error } = isObject(result) ? result : {};
    if (typeof error === 'string' && error !== '') {
      const said = refusalText(JSON.stringify({ errors: [error] }));
      throw vaultRefused(`Vault does not sign with version ${keyVersion}${said === undefined ? '' : ` (${said})`}`);
    }
    return readSignature(signature, keyVersion);
  });
}

/** `vault:v1:` and base64 of either alphabet: of the URL where the marshaling is `jws`, else the standard one. */
const SIGNATURE = /^vault:v(\d{1,10}):([A-Za-z0-9+/_-]{1,4096})={0,2}$/;

function readSignature(value: unknown, keyVersion: number): string {
  const [, version, encoded = ''] = (typeof value === 'string' ? SIGNATURE.exec(value) : undefined) ?? [];
  if (Number(version) !== keyVersion) throw unreadable(`a signature by version ${keyVersion}`);
  return Buffer.from(encoded, 'base64').toString('base64url');
}

const CIPHERTEXT = /^vault:v\d{1,10}:([A-Za-z0-9+/]+={0,2})$/;

/** Nonce and tag of AES-GCM and ChaCha20-Poly1305; XChaCha20-Poly1305 has a nonce twice as long. */
const AEAD_BYTES = [12 + 16, 24 + 16];

/**
 * A ciphertext. Throws `keys.vault_refused` when the key is of a type that does not authenticate what it seals, as with RSA,
 * where whoever knows the public key could have sealed it.
 *
 * @param plaintextBytes undefined when the plaintext is not known.
 */
export function readCiphertext(value: unknown, plaintextBytes?: number): string {
  const [ciphertext, encoded = ''] = (typeof value === 'string' ? CIPHERTEXT.exec(value) : undefined) ?? [];
  if (ciphertext === undefined) throw unreadable('a ciphertext');
  const sealedBytes = Buffer.byteLength(encoded, 'base64');
  if (plaintextBytes !== undefined && !AEAD_BYTES.includes(sealedBytes - plaintextBytes)) {
    throw vaultRefused('the Transit key is of a type that does not authenticate what it seals; use aes256-gcm96');
  }
  return ciphertext;
}

/** The plaintext in an answer. */
export function readPlaintext(value: unknown): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  if (bytes === undefined || bytes.toString('base64') !== value) throw unreadable('a plaintext');
  return bytes;
}

function unreadable(what: string) {
  return vaultUnavailable(`Vault answered something that is not ${what}`);
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}
