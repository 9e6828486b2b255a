import { hkdfSync, randomBytes } from 'node:crypto';
import type { KeyEncryptionConfig } from '@tessera/config';
import { createSecretRing, type SecretRing } from '@tessera/credentials';
import { readKeyFile, readOrCreateKeyFile } from './key-file.ts';
import { wrongKeyEncryptionKey } from './wrong-key.ts';

const KEY_ENCRYPTION_KEY_BYTES = 32;

/** The two uses of the key-encryption key, each with a key of its own (RFC 5869 §3.2), so that neither opens the other's. */
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
  switch (config.type) {
    case 'ephemeral':
      return deriveKeys(randomBytes(KEY_ENCRYPTION_KEY_BYTES));
    case 'value':
      return deriveKeys(decodeKey(config.value, 'keyEncryption.value'));
    case 'file':
      return deriveKeys(
        decodeKey(
          await (config.createIfMissing ? readOrCreateKeyFile(config.file, hasStoredKeys) : readKeyFile(config.file)),
          config.file,
        ),
      );
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
  const derived = new Uint8Array(hkdfSync('sha256', key, '', use, KEY_ENCRYPTION_KEY_BYTES));
  return createSecretRing(new Map([[1, derived]]), 1);
}
