import { scrypt } from 'node:crypto';

/** How a key is made of a passphrase (RFC 7914 §2); it stands in the header of the file. */
export interface ScryptParameters {
  readonly name: 'scrypt';
  /** 32 random bytes, used for one file. */
  readonly salt: Buffer;
  /** Cost: a power of two. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** The cost of new files: 128 MiB and about half a second for each guess. */
export const NEW_COST = { n: 2 ** 17, r: 8, p: 1 } as const;

/** The highest cost a file may ask for: 1 GiB. */
export const HIGHEST_COST = { n: 2 ** 20, r: 8, p: 1 } as const;

const KEY_BYTES = 32;

/** The key of a file. The passphrase counts in its composed form, whichever keyboard it was typed on (RFC 8265 §4.2.1). */
export function derivePassphraseKey(passphrase: string, { salt, n, r, p }: ScryptParameters): Promise<Buffer> {
  // The cost itself and a little for the blocks it works on.
  const maxmem = 128 * n * r + 128 * r * p + 2 ** 20;
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, KEY_BYTES, { N: n, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
