import type { SealedKey } from './envelope.ts';
import { readMembers, readText } from './json-reading.ts';

/** A sealed key as it stands in a document. Throws `keys.unknown_document_format`. */
export function readSealedKey(value: unknown): SealedKey {
  const members = readMembers(value, 'sealed key');
  return {
    wrappedDataKey: readText(members['wrappedDataKey'], 'wrappedDataKey'),
    ciphertext: readText(members['ciphertext'], 'ciphertext'),
  };
}
