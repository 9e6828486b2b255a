import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withQuery } from './with-query.ts';

it.each([
  ['https://a.example/out', 'https://a.example/out?x=1'],
  ['https://a.example/out?', 'https://a.example/out?x=1'],
  ['https://a.example/out?y=%20+&', 'https://a.example/out?y=%20+&x=1'],
  ['https://a.example/out?y=2', 'https://a.example/out?y=2&x=1'],
  ['https://a.example/out#top', 'https://a.example/out?x=1#top'],
  ['com.example.app:/out', 'com.example.app:/out?x=1'],
])('%s keeps what it says: %s', (address, expected) => {
  expect(withQuery(address, { x: '1' })).toBe(expected);
  expect(withQuery(address, {})).toBe(address);
});

it('OIDC RP-Initiated Logout §3: every value comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const url = new URL(withQuery('https://a.example/out?y=2', { state: value }));
      expect([...url.searchParams]).toEqual([
        ['y', '2'],
        ['state', value],
      ]);
    }),
  );
});
