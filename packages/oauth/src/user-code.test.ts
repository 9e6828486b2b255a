import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createUserCode, parseUserCode, USER_CODE_ALPHABET } from './user-code.ts';

it('RFC 8628 §6.1: a user code has eight consonants in two halves, as in Dex', () => {
  for (let count = 0; count < 100; count += 1) {
    expect(createUserCode()).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  }
  let next = 0;
  expect(createUserCode(() => next++)).toBe('BCDF-GHJK');
});

it('RFC 8628 §6.1: case, hyphens and spaces that people type do not matter', () => {
  for (const typed of ['BCDF-GHJK', 'bcdfghjk', ' bcdf ghjk\n', 'b-c-d-f-g-h-j-k', 'BCDF–GHJK', 'bcdf_ghjk']) {
    expect(parseUserCode(typed)).toBe('BCDF-GHJK');
  }
  const letters = fc.array(fc.constantFrom(...USER_CODE_ALPHABET.split('')), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(letters, (code) => {
      expect(parseUserCode(parseUserCode(code.join('').toLowerCase()) ?? '')).toBe(
        `${code.slice(0, 4).join('')}-${code.slice(4).join('')}`,
      );
    }),
  );
});

it('what cannot be a user code is none', () => {
  const others = ['', 'BCDF-GHJ', 'BCDF-GHJKL', 'BCDF-GHJA', 'BCDF-GHJ1', 'BCDF/GHJK', 'ſſſſſſſſ', 'B'.repeat(1000)];
  for (const typed of others) expect(parseUserCode(typed)).toBeUndefined();
});
