import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes } from './byte-order.ts';
import { dueId, readDueId } from './due-order.ts';

const dues = fc.record({
  dueAt: fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
  id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
});

test('ids of what is due say what it is, and are in the order of its moments', () => {
  fc.assert(
    fc.property(dues, dues, (left, right) => {
      expect(readDueId(dueId(left))).toEqual(left);
      if (left.dueAt < right.dueAt) expect(compareBytes(dueId(left), dueId(right))).toBeLessThan(0);
    }),
  );
});
