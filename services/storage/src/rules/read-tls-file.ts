import { readFileSync } from 'node:fs';
import { cannotOpen } from './store-errors.ts';

/** Reads a PEM file of the configuration. Throws `storage.cannot_open` with its path and the reason. */
export function readTlsFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (thrown) {
    const code = (thrown as { readonly code?: unknown }).code;
    const reason = code === 'ENOENT' ? 'it does not exist' : `it cannot be read (${String(code)})`;
    throw cannotOpen(`cannot use the TLS file ${path}: ${reason}`, thrown);
  }
}
