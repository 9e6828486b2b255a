import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes } from './byte-order.ts';

test('texts are ordered by the bytes of their UTF-8', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 8 });
  fc.assert(
    fc.property(text, text, (left, right) => {
      const [a, b] = [Buffer.from(left).toString('hex'), Buffer.from(right).toString('hex')];
      expect(Math.sign(compareBytes(left, right))).toBe(a === b ? 0 : a < b ? -1 : 1);
    }),
  );
  expect(compareBytes('ｚ', '😀')).toBeLessThan(0);
});
