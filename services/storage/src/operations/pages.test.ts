import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cursorOf, cutPage, idOfCursor, MAX_PAGE_BYTES, pageBounds } from './pages.ts';

const invalid = expect.objectContaining({ kind: 'invalid_argument', code: 'storage.invalid_page' });

test('a cursor leads back to its id, whatever characters it has', () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(id, (text) => {
      expect(idOfCursor(cursorOf(text))).toBe(text);
    }),
  );
});

test('whatever else is sent as a cursor is refused or stands for one id alone', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (cursor) => {
      try {
        expect(cursorOf(idOfCursor(cursor))).toBe(cursor);
      } catch (thrown) {
        expect(thrown).toEqual(invalid);
      }
    }),
  );
  for (const cursor of ['', 'YQ==', 'YQ ', cursorOf('a\0'), cursorOf('x'.repeat(513)), '_w']) {
    expect(() => idOfCursor(cursor)).toThrow(invalid);
  }
});

test('a page has 100 items unless another number from 1 to 1000 is asked for', () => {
  expect(pageBounds({})).toEqual({ limit: 100 });
  expect(pageBounds({ limit: 1000, cursor: cursorOf('a') })).toEqual({ limit: 1000, after: 'a' });
  for (const limit of [0, -1, 1001, 1.5, Number.NaN]) expect(() => pageBounds({ limit })).toThrow(invalid);
});

test('a page is cut by its number and by its bytes, has one item at least, and leads on when there is more', () => {
  const items = (...sizes: number[]) => sizes.map((bytes, index) => ({ id: `i${index}`, bytes, value: index }));
  expect(cutPage(items(), 3)).toEqual({ items: [] });
  expect(cutPage(items(1, 1, 1), 3)).toEqual({ items: [0, 1, 2] });
  expect(cutPage(items(1, 1, 1, 1), 3)).toEqual({ items: [0, 1, 2], nextCursor: cursorOf('i2') });
  const half = MAX_PAGE_BYTES / 2;
  expect(cutPage(items(half, half, 1), 3)).toEqual({ items: [0, 1], nextCursor: cursorOf('i1') });
  expect(cutPage(items(10 * MAX_PAGE_BYTES, 1), 3)).toEqual({ items: [0], nextCursor: cursorOf('i0') });
});
