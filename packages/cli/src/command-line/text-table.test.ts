import { expect, test } from 'vitest';
import { momentText, textTable } from './text-table.ts';

test('Columns are as wide as their widest cell, and nothing stands behind the last', () => {
  expect(
    textTable([
      ['A', 'LONG', 'C'],
      ['much longer', undefined, ''],
    ]),
  ).toEqual(['  A            LONG  C', '  much longer  –']);
});

test('RFC 3339 §5.6: a moment is told in UTC to the second', () => {
  expect(momentText(new Date('2026-11-22T10:00:00.123+01:00'))).toBe('2026-11-22T09:00:00Z');
  expect(momentText(undefined)).toBeUndefined();
});
