import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of `frontend.dir`: files there take the place of ours, one by one. */
export interface OverrideFolder {
  /** The file below the folder; undefined where there is none. Throws `Error` for one that is too large or unreadable. */
  read(name: `static/${string}` | `locales/${string}`): Uint8Array | undefined;
}

const MAX_BYTES = 1_048_576;

/** Opens the folder; without one there are no overrides. It is read at start only. */
export function openOverrideFolder(directory: string | undefined): OverrideFolder {
  return {
    read: (name) => {
      if (directory === undefined) {
        return undefined;
      }
      const file = join(directory, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat === undefined || !stat.isFile()) {
        return undefined;
      }
      if (stat.size > MAX_BYTES) {
        throw new Error(`${file} is larger than ${MAX_BYTES} bytes`);
      }
      return readFileSync(file);
    },
  };
}
