import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { KeyEncryptionConfig } from '@tessera/config';
import { createSecretRing, type SecretRing } from '@tessera/credentials';
import { readKeyFile, readOrCreateKeyFile } from './key-file.ts';
import { wrongKeyEncryptionKey } from './wrong-key.ts';

const KEY_ENCRYPTION_KEY_BYTES = 32;

/** The uses of the key-encryption key for secrets, each with a key of its own (RFC 5869 §3.2), so that neither opens the other's. */
export interface KeyEncryptionKey {
  /** Wraps data keys. */
  readonly wrapping: SecretRing;
  /** Seals whole documents. */
  readonly documents: SecretRing;
}

/**
 * Loads the key-encryption key from where the configuration says. Throws `invalid_argument` with the code
 * `keys.wrong_key_encryption_key` when it is missing, unreadable or not 32 bytes in base64; the key itself never stands
 * in the message. `hasStoredKeys` is asked before a missing file is made.
 */
export async function loadKeyEncryptionKey(
  config: KeyEncryptionConfig,
  hasStoredKeys: () => Promise<boolean>,
): Promise<KeyEncryptionKey> {
  return deriveKeys(await readKey(config, (file) => readOrCreateKeyFile(file, hasStoredKeys)));
}

/**
 * Tells key-encryption keys apart without telling anything about them: an HMAC-SHA256 of `context` under a key that is
 * derived from the key-encryption key for this alone. Undefined where the key is one that lives as long as the process.
 *
 * @param context a value that is used once, so that two fingerprints do not say whether they are of one key.
 * @throws TesseraError `keys.wrong_key_encryption_key` as {@link loadKeyEncryptionKey}; a missing file is not made.
 */
export async function keyEncryptionFingerprint(
  config: KeyEncryptionConfig,
  context: Uint8Array,
): Promise<Buffer | undefined> {
  if (config.type === 'ephemeral') return undefined;
  const key = derive(await readKey(config, readKeyFile), 'tessera key fingerprint');
  return createHmac('sha256', key).update(context).digest();
}

async function readKey(config: KeyEncryptionConfig, readOrCreate: (file: string) => Promise<string>): Promise<Buffer> {
  switch (config.type) {
    case 'ephemeral':
      return randomBytes(KEY_ENCRYPTION_KEY_BYTES);
    case 'value':
      return decodeKey(config.value, 'keyEncryption.value');
    case 'file':
      return decodeKey(await (config.createIfMissing ? readOrCreate : readKeyFile)(config.file), config.file);
  }
}

const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/;

function decodeKey(text: string, source: string): Buffer {
  const trimmed = text.trim();
  if (!BASE64_OF_32_BYTES.test(trimmed)) {
    throw wrongKeyEncryptionKey(
      `the key-encryption key in ${source} must be 32 bytes in base64; make one with "openssl rand -base64 32"`,
    );
  }
  return Buffer.from(trimmed, 'base64');
}

function deriveKeys(key: Buffer): KeyEncryptionKey {
  return { wrapping: deriveRing(key, 'tessera data keys'), documents: deriveRing(key, 'tessera key set documents') };
}

function deriveRing(key: Buffer, use: string): SecretRing {
  return createSecretRing(new Map([[1, derive(key, use)]]), 1);
}

function derive(key: Buffer, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', use, KEY_ENCRYPTION_KEY_BYTES));
}
