import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_KEYS, parseKeySet, selectKeys } from './key-set.ts';
import { createTestKey } from './testing/test-key.ts';

const rsa = createTestKey('RS256').jwk;
const ec = createTestKey('ES256').jwk;
const ed = createTestKey('EdDSA').jwk;

function select(keys: readonly object[], header: { readonly alg: string; readonly kid?: string }) {
  return selectKeys(parseKeySet({ keys }) ?? [], header).map(({ kid, alg }) => `${kid} ${alg}`);
}

test('RFC 7517 §4.4: a key without alg verifies the algorithms of its kind, one with alg only that', () => {
  const keys = [
    { ...rsa, kid: 'any' },
    { ...rsa, kid: 'one', alg: 'PS256' },
    { ...ec, kid: 'ec' },
    { ...ed, kid: 'ed' },
  ];
  expect(select(keys, { alg: 'RS512' })).toEqual(['any RS512']);
  expect(select(keys, { alg: 'PS256' })).toEqual(['any PS256', 'one PS256']);
  expect(select(keys, { alg: 'ES256' })).toEqual(['ec ES256']);
  expect(select(keys, { alg: 'EdDSA' })).toEqual(['ed EdDSA']);
  expect(select(keys, { alg: 'ES384' })).toEqual([]);
});

test('RFC 7515 §4.1.4: a kid chooses the key; one that no key has chooses none', () => {
  const keys = [
    { ...ec, kid: 'a' },
    { ...createTestKey('ES256').jwk, kid: 'b' },
  ];
  expect(select(keys, { alg: 'ES256', kid: 'b' })).toEqual(['b ES256']);
  expect(select(keys, { alg: 'ES256', kid: 'c' })).toEqual([]);
  expect(select(keys, { alg: 'ES256' })).toHaveLength(2);
});

test('N34: no key verifies none, an HMAC or an algorithm nobody knows', () => {
  for (const alg of ['none', 'HS256', 'RS1', 'rs256']) expect(select([{ ...rsa, kid: 'any' }], { alg })).toEqual([]);
});

test('N77: encryption keys, private, symmetric and weak keys, and what is no key are left out', () => {
  const weak = createTestKey('RS256', 1024).jwk;
  const keys = [
    { ...rsa, kid: 'enc', use: 'enc' },
    { ...rsa, kid: 'private', d: 'AAAA' },
    { ...weak, kid: 'weak' },
    { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
    { kty: 'RSA', kid: 'broken', n: 7 },
    { ...rsa, kid: 'good', use: 'sig' },
  ];
  expect(select(keys, { alg: 'RS256' })).toEqual(['good RS256']);
  expect(parseKeySet({ keys: [null, 7, 'x', []] })).toEqual([]);
});

test('N47: a set of too many keys is none', () => {
  const keys = (count: number) => ({ keys: Array.from({ length: count }, () => ({ kty: 'oct' })) });
  expect(parseKeySet(keys(MAX_KEYS))).toEqual([]);
  expect(parseKeySet(keys(MAX_KEYS + 1))).toBeUndefined();
});

test('RFC 7517 §5: what is no key set is refused, whatever it is', () => {
  for (const document of [undefined, null, 7, 'keys', [], {}, { keys: {} }]) {
    expect(parseKeySet(document)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(parseKeySet({ keys: [value] })).toBeDefined();
    }),
  );
});
