import type { LookupAddress } from 'node:dns';
import { expect, test } from 'vitest';
import { checkUrl } from './policy.ts';
import { createPublicLookup } from './public-lookup.ts';

test('N45: outsiders may name https addresses of the public Internet only', () => {
  for (const url of [
    'http://example.com/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://user:secret@example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'no url',
  ]) {
    expect(() => checkUrl('public', url), url).toThrow(/^refused/);
  }
  expect(checkUrl('public', 'https://example.com/keys').hostname).toBe('example.com');
});

test('The operator may name http and private addresses, but no credentials in them', () => {
  expect(checkUrl('operator', 'http://10.0.0.1:5556/dex').port).toBe('5556');
  expect(() => checkUrl('operator', 'http://user:canary@10.0.0.1/')).toThrow(/refused/);
  expect(() => checkUrl('operator', 'http://user:canary@10.0.0.1/')).not.toThrow(/canary/);
  expect(() => checkUrl('operator', 'ftp://10.0.0.1/')).toThrow(/refused/);
});

function lookup(addresses: readonly string[], all: boolean) {
  const resolved: LookupAddress[] = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const publicLookup = createPublicLookup((_host, _options, callback) => callback(null, resolved));
  return new Promise<unknown>((resolve, reject) => {
    publicLookup('rebind.example', { all }, (error, address) => (error === null ? resolve(address) : reject(error)));
  });
}

test('N46: a name with any address that is not public is not connected to; else exactly what was checked is', async () => {
  await expect(lookup(['8.8.8.8', '10.0.0.1'], true)).rejects.toThrow(/^refused/);
  await expect(lookup(['::ffff:127.0.0.1'], false)).rejects.toThrow(/^refused/);
  await expect(lookup([], true)).rejects.toThrow(/^refused/);
  expect(await lookup(['8.8.8.8'], false)).toBe('8.8.8.8');
  expect(await lookup(['8.8.8.8', '2606:4700::1111'], true)).toEqual([
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]);
});
