import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRemoteAddress } from './remote-address.ts';

const proxies = { header: 'X-Forwarded-For', trustedProxies: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'] };
const find = createRemoteAddress(proxies);
const behind = (peer: string, chain: string | undefined) =>
  find(peer, (name) => (name === 'x-forwarded-for' ? chain : undefined));

test('N60: the header of a peer that is not trusted is not heard', () => {
  expect(behind('203.0.113.9', '198.51.100.7')).toBe('203.0.113.9');
  expect(createRemoteAddress(undefined)('10.0.0.1', () => '198.51.100.7')).toBe('10.0.0.1');
  expect(createRemoteAddress({ ...proxies, trustedProxies: [] })('10.0.0.1', () => '198.51.100.7')).toBe('10.0.0.1');
});

test('N60: the client is the first hop from the right that is not trusted, so what it wrote itself does not count', () => {
  expect(behind('10.0.0.1', '198.51.100.7')).toBe('198.51.100.7');
  expect(behind('10.0.0.1', '1.1.1.1, 198.51.100.7, 10.0.0.2,192.0.2.1')).toBe('198.51.100.7');
  expect(behind('::ffff:10.0.0.1', '::ffff:198.51.100.7')).toBe('198.51.100.7');
  expect(behind('2001:db8::1', '2001:db9::7')).toBe('2001:db9::7');
});

test('N61: a malformed hop, or none but trusted ones, leaves the peer', () => {
  for (const chain of [
    undefined,
    '',
    'a',
    '1.1.1.1, a',
    '1.1.1.1, ',
    '198.51.100.7:1234',
    '[2001:db9::1]',
    '198.51.100.07',
    '10.0.0.3, 10.0.0.2',
  ]) {
    expect(behind('10.0.0.1', chain)).toBe('10.0.0.1');
  }
  expect(behind('', '198.51.100.7')).toBe('');
});

test('N61: no header makes it fail', () => {
  fc.assert(fc.property(fc.string(), (chain) => typeof behind('10.0.0.1', chain) === 'string'));
  const hop = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('fe80::1%eth0'), fc.constant('::ffff:0a00:0001'));
  fc.assert(
    fc.property(fc.array(hop, { maxLength: 5 }), (hops) => typeof behind('10.0.0.1', hops.join(',')) === 'string'),
  );
});

test('a network that is none is refused, before it trusts the whole world', () => {
  for (const network of [
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/x',
    '10.0.0.0/8/8',
    '::/129',
    '::/-1',
    'localhost',
    '',
    'fe80::1%eth0',
  ]) {
    expect(() => createRemoteAddress({ ...proxies, trustedProxies: [network] })).toThrow(TypeError);
  }
});
