import { randomInt } from 'node:crypto';

/** What user codes are made of, as in Dex: consonants, so that no words come about (RFC 8628 §6.1). */
export const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
/** Letters of a user code: some 34 bits. */
export const USER_CODE_LETTERS = 8;

const HALF = USER_CODE_LETTERS / 2;
/** People add and leave out what is between the letters. */
const SEPARATORS = /[\s\p{Pd}._]/gu;
// Judged before its case is changed, so that no letter of another script becomes one of ours.
const LETTERS = new RegExp(`^[${USER_CODE_ALPHABET}]{${USER_CODE_LETTERS}}$`, 'i');
/** Longest text that is looked at, in characters. */
const MAX_TYPED_LENGTH = 64;

/** A new user code (RFC 8628 §3.2): `XXXX-XXXX`. `random` gives a whole number from 0 up to, but not including, its argument. */
export function createUserCode(random: (below: number) => number = randomInt): string {
  const letters = Array.from(
    { length: USER_CODE_LETTERS },
    () => USER_CODE_ALPHABET[random(USER_CODE_ALPHABET.length)],
  ).join('');
  return withHyphen(letters);
}

/**
 * The canonical spelling `XXXX-XXXX` of what a person typed: case, hyphens and spaces do not matter (RFC 8628 §6.1).
 * Undefined for what cannot be a user code.
 */
export function parseUserCode(typed: string): string | undefined {
  if (typed.length > MAX_TYPED_LENGTH) return undefined;
  const letters = typed.replace(SEPARATORS, '');
  return LETTERS.test(letters) ? withHyphen(letters.toUpperCase()) : undefined;
}

function withHyphen(letters: string): string {
  return `${letters.slice(0, HALF)}-${letters.slice(HALF)}`;
}
