import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedisKeys, userCodeOf } from './keys.ts';

const keys = createRedisKeys('t:');

/** The part of a key that decides about its slot, as a Cluster finds it. */
function tagOf(key: string): string {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : key;
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('{', '}', ':', '%', '.', 'a', '\ud800') }),
);

test('names say what they are of', () => {
  expect(keys.request('id')).toBe('t:{id}:request');
  expect(keys.code('WDJB.id')).toBe('t:{WDJB}.id:code');
  expect(keys.device('WDJB')).toBe('t:{WDJB}:device');
  expect(keys.entry('pushed_request', 'id')).toBe('t:{id}:pushed_request');
  expect(keys.used('client_assertion:app', 'jti')).toBe('t:{client_assertion%003aapp:jti}:used');
  expect(keys.attempts('login:x')).toBe('t:{login:x}:attempts');
  expect(userCodeOf('WDJB.id.more')).toBe('WDJB');
  expect(userCodeOf('id')).toBeUndefined();
});

test('the keys of one operation lie in one slot, whatever the id', () => {
  fc.assert(
    fc.property(anyText, (id) => {
      expect(tagOf(keys.request(id))).toBe(tagOf(keys.code(id)));
      expect(tagOf(keys.request(id))).not.toBe(keys.request(id));
    }),
  );
});

test('the code of a device id lies in the slot of its user code', () => {
  fc.assert(
    fc.property(anyText, anyText, (code, rest) => {
      const userCode = code.replaceAll('.', '');
      expect(tagOf(keys.code(`${userCode}.${rest}`))).toBe(tagOf(keys.device(userCode)));
    }),
  );
});

test('N20: two things never have one name, also after UTF-8', () => {
  const named = fc.oneof(
    fc.tuple(fc.constant('request'), anyText).map(([type, id]) => ({ what: [type, id], key: keys.request(id) })),
    fc.tuple(fc.constant('code'), anyText).map(([type, id]) => ({ what: [type, id], key: keys.code(id) })),
    fc.tuple(fc.constant('device'), anyText).map(([type, id]) => ({ what: [type, id], key: keys.device(id) })),
    fc
      .tuple(fc.constantFrom('pushed_request', 'upstream_state'), anyText)
      .map(([type, id]) => ({ what: [type, id], key: keys.entry(type, id) })),
    fc
      .tuple(anyText, anyText)
      .map(([scope, value]) => ({ what: ['used', scope, value], key: keys.used(scope, value) })),
    fc.tuple(fc.constant('attempts'), anyText).map(([type, id]) => ({ what: [type, id], key: keys.attempts(id) })),
  );
  fc.assert(
    fc.property(named, named, (one, other) => {
      const isSame = JSON.stringify(one.what) === JSON.stringify(other.what);
      expect(Buffer.from(one.key).equals(Buffer.from(other.key))).toBe(isSame);
    }),
    { numRuns: 2000 },
  );
});
