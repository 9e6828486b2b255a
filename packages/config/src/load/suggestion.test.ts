import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, suggestName } from './suggestion.ts';

describe('suggestName', () => {
  const known = ['issuer', 'storage', 'staticClients', 'staticPasswords', 'web', 'rpc'];

  test.each([
    ['isuser', 'issuer'],
    ['StaticClient', 'staticClients'],
    ['static-clients', 'staticClients'],
    ['storge', 'storage'],
    ['wbe', 'web'],
  ])('finds for %s the key %s', (written, expected) => {
    expect(suggestName(written, known)).toBe(expected);
  });

  test.each(['abc', 'completelyDifferent', 'w', ''])('has no guess for %j', (written) => {
    expect(suggestName(written, known)).toBeUndefined();
  });
});

describe('editDistance', () => {
  test('is zero exactly for equal texts, symmetric, and at most the longer length', () => {
    const word = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(word, word, (left, right) => {
        const distance = editDistance(left, right);
        expect(distance === 0).toBe(left === right);
        expect(distance).toBe(editDistance(right, left));
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });

  test('counts a swap of neighbours once', () => {
    expect(editDistance('isuser', 'issuer')).toBe(1);
  });
});
