import type { Logger } from '@tessera/telemetry';
import { readKeyFile } from '../key-file.ts';
import type { RootKey } from '../root-key.ts';
import { decodeKey } from './decode-key.ts';
import type { KeySource, SourceRole } from './key-source.ts';

/** What a file source is made of. */
export interface FileSourceOptions {
  readonly file: string;
  readonly role: SourceRole;
  readonly logger: Logger;
  /** Reads the file the first time, which may make it. Default: only reads. */
  readonly readFirst?: (file: string) => Promise<string>;
}

/** So many former contents of a file go on opening, until the process ends. */
const MAX_FORMER = 8;

/**
 * The key in a file, which is read again at each refresh: what changed is the key from then on, and what was there before
 * still opens. A file that cannot be read any more, or holds something else, changes nothing.
 */
export function createFileSource({ file, role, logger, readFirst = readKeyFile }: FileSourceOptions): KeySource {
  let keys: readonly RootKey[] = [];
  let problem: string | undefined;
  const take = (key: RootKey): void => {
    const [latest] = keys;
    if (key.fingerprint === latest?.fingerprint) return;
    if (latest !== undefined) logger.info({ file, fingerprint: key.fingerprint }, 'the key-encryption key changed');
    keys = [key, ...keys.filter(({ fingerprint }) => fingerprint !== key.fingerprint)].slice(0, MAX_FORMER + 1);
  };
  return {
    role,
    text: file,
    isLocal: true,
    keys: () => keys,
    async refresh() {
      if (keys.length === 0) {
        take(decodeKey(await readFirst(file), file));
        return;
      }
      try {
        take(decodeKey(await readKeyFile(file), file));
        problem = undefined;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== problem) logger.warn({ err: error }, 'the key-encryption key stays what it was');
        problem = message;
      }
    },
    async close() {},
  };
}
