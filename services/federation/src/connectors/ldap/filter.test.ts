import fc from 'fast-check';
import { AndFilter, EqualityFilter, FilterParser } from 'ldapts';
import { expect, test } from 'vitest';
import { matchAny } from './filter.ts';

test('RFC 4515 §3: a configured filter is joined with "and", several attributes with "or"', () => {
  expect(matchAny(undefined, [['uid', 'jane']])).toBe('(uid=jane)');
  expect(matchAny('(objectClass=person)', [['uid', 'jane']])).toBe('(&(objectClass=person)(uid=jane))');
  const either = matchAny('(a=b)', [
    ['uid', 'jane'],
    ['mail', 'jane'],
  ]);
  expect(either).toBe('(&(a=b)(|(uid=jane)(mail=jane)))');
});

test('N87: characters of the filter language are escaped (RFC 4515 §3)', () => {
  expect(matchAny(undefined, [['uid', '*)(uid=*']])).toBe('(uid=\\2a\\29\\28uid=\\2a)');
  expect(matchAny(undefined, [['uid', '\\\0']])).toBe('(uid=\\5c\\00)');
});

test('N87: whatever is typed, the filter stays a comparison with exactly that', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const parsed = FilterParser.parseString(matchAny('(objectClass=person)', [['uid', name]]));
      const [, comparison] = parsed instanceof AndFilter ? parsed.filters : [];
      expect(comparison).toBeInstanceOf(EqualityFilter);
      expect(comparison).toMatchObject({ attribute: 'uid', value: name });
    }),
  );
});
