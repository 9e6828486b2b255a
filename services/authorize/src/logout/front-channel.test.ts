import { expect, it } from 'vitest';
import { createClient } from '../testing/harness.ts';
import { frontChannelAddresses } from './front-channel.ts';

const config = { issuer: 'https://id.example.com/dex' };

function contextOf(addresses: Readonly<Record<string, string>>, isNamed?: boolean) {
  const clients = new Map(
    Object.entries(addresses).map(([id, frontchannelLogoutUri]) => {
      const required = isNamed === undefined ? {} : { frontchannelLogoutSessionRequired: isNamed };
      return [id, createClient(id, { settings: { frontchannelLogoutUri, ...required } })];
    }),
  );
  return { config, clients: { find: (id: string) => clients.get(id) } };
}

it('OIDC Front-Channel Logout §2: each client of the session that wants it is told of issuer and session', () => {
  const context = contextOf({
    a: 'https://a.example/out?x=1',
    b: 'http://localhost:8080/out',
    c: 'https://c.example/',
  });
  expect(frontChannelAddresses(context, { id: 's-1', clientIds: ['a', 'gone', 'b'] })).toEqual([
    'https://a.example/out?x=1&iss=https%3A%2F%2Fid.example.com%2Fdex&sid=s-1',
    'http://localhost:8080/out?iss=https%3A%2F%2Fid.example.com%2Fdex&sid=s-1',
  ]);
});

it('OIDC Front-Channel Logout §2: a client that wants neither gets its address alone', () => {
  const context = contextOf({ a: 'https://a.example/out?x=1' }, false);
  expect(frontChannelAddresses(context, { id: 's-1', clientIds: ['a'] })).toEqual(['https://a.example/out?x=1']);
});

it('leaves out what no policy can name, and more frames than a browser should load', () => {
  const context = contextOf({ a: 'https://a;b/', b: 'javascript:alert(1)', c: 'https://[::1]/' });
  expect(frontChannelAddresses(context, { id: 's-1', clientIds: ['a', 'b', 'c'] })).toEqual([]);
  const ids = Array.from({ length: 60 }, (_, index) => `c${index}`);
  const many = contextOf(Object.fromEntries(ids.map((id) => [id, `https://${id}.example/`])));
  expect(frontChannelAddresses(many, { id: 's-1', clientIds: ids })).toHaveLength(50);
});
