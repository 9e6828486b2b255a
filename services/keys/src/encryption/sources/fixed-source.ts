import { randomBytes } from 'node:crypto';
import { createRootKey, ROOT_KEY_BYTES, type RootKey } from '../root-key.ts';
import { decodeKey } from './decode-key.ts';
import type { KeySource, SourceRole } from './key-source.ts';

/** The key in the configuration. Throws `keys.wrong_key_encryption_key` when it is malformed. */
export function createValueSource(value: string, role: SourceRole): KeySource {
  const text = role === 'seals' ? 'keyEncryption.value' : 'keyEncryption.alsoOpens';
  return fixed(role, text, decodeKey(value, text));
}

/** A key that lives as long as the process. */
export function createEphemeralSource(role: SourceRole): KeySource {
  return fixed(role, 'this process', createRootKey(randomBytes(ROOT_KEY_BYTES)));
}

function fixed(role: SourceRole, text: string, key: RootKey): KeySource {
  return { role, text, isLocal: true, keys: () => [key], async refresh() {}, async close() {} };
}
