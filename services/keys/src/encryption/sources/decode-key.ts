import { createRootKey, type RootKey } from '../root-key.ts';
import { wrongKeyEncryptionKey } from '../wrong-key.ts';

const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/;

/** The key-encryption key in a text: 32 bytes in base64. Throws `keys.wrong_key_encryption_key`; the text stays out of the message. */
export function decodeKey(text: string, source: string): RootKey {
  const trimmed = text.trim();
  if (!BASE64_OF_32_BYTES.test(trimmed)) {
    throw wrongKeyEncryptionKey(
      `the key-encryption key in ${source} must be 32 bytes in base64; make one with "openssl rand -base64 32"`,
    );
  }
  const bytes = Buffer.from(trimmed, 'base64');
  const key = createRootKey(bytes);
  bytes.fill(0);
  return key;
}
