import { randomBytes } from 'node:crypto';

/** Gives that many random bytes. */
export type RandomBytes = (sizeBytes: number) => Uint8Array;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const BITS_PER_CHARACTER = 5;

/**
 * A random identifier in Dex's form: a letter, then the other bytes in lower-case base32 without padding. The default of
 * 16 bytes makes 25 characters; 32 bytes make the 51 of a device code.
 */
export function createRandomId(random: RandomBytes = randomBytes, sizeBytes = 16): string {
  const [first = 0, ...rest] = random(sizeBytes);
  return `${BASE32[first % 26]}${encodeBase32(rest)}`;
}

function encodeBase32(bytes: readonly number[]): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= BITS_PER_CHARACTER) {
      bits -= BITS_PER_CHARACTER;
      text += BASE32[(buffer >>> bits) & 0x1f];
    }
  }
  return bits === 0 ? text : text + BASE32[(buffer << (BITS_PER_CHARACTER - bits)) & 0x1f];
}
