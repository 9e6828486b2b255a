import { expect, test } from 'vitest';
import { ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE } from '../connector.ts';
import { createMockCallbackConnector } from './connector.ts';

const connector = createMockCallbackConnector('https://id.example.com/dex');
if (connector.signIn.kind !== 'callback') throw new Error('mockCallback signs in by callback');
const { signIn } = connector;

test('The visit goes straight back to the callback, and everybody is Kilgore Trout', async () => {
  const { redirectUrl, data } = await signIn.begin({ state: 'a b&c', scopes: [] });
  expect(redirectUrl).toBe('https://id.example.com/dex/callback?state=a%20b%26c');
  const parameters = new URL(redirectUrl).search.slice(1);
  expect(await signIn.complete({ state: 'a b&c', parameters, data, scopes: [] })).toMatchObject({
    identity: {
      userId: '0-385-28089-0',
      username: 'Kilgore Trout',
      email: 'kilgore@kilgore.trout',
      emailVerified: true,
      groups: ['authors'],
    },
  });
});

test('RFC 8693 §2.1: whatever token is exchanged is theirs, if it is of a type there is', async () => {
  const exchange = (tokenType: string) => connector.exchanger?.exchange({ token: 'x', tokenType });
  for (const tokenType of [ID_TOKEN_TYPE, ACCESS_TOKEN_TYPE]) {
    expect(await exchange(tokenType)).toMatchObject({ identity: { userId: '0-385-28089-0' }, data: '' });
  }
  await expect(exchange('urn:ietf:params:oauth:token-type:saml2')).rejects.toMatchObject({
    code: 'federation.unsupported_exchange',
  });
});

test('N26: another state is refused', async () => {
  for (const parameters of ['state=other', '', 'state=mine&state=mine', 'state=%zz']) {
    await expect(signIn.complete({ state: 'mine', parameters, data: '', scopes: [] })).rejects.toMatchObject({
      code: 'federation.invalid_callback',
    });
  }
});
