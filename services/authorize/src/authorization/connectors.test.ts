import { expect, it } from 'vitest';
import { createCheckContext } from '../testing/check-context.ts';
import { createClient, passwordConnector } from '../testing/harness.ts';
import { type ConnectorUse, connectorsFor, findConnectorFor } from './connectors.ts';

const context = createCheckContext({
  clients: [],
  connectors: [
    passwordConnector('any', { name: 'zebra' }),
    passwordConnector('code', { name: 'Apple', grantTypes: ['authorization_code'] }),
    passwordConnector('front', { name: 'banana', grantTypes: ['implicit', 'refresh_token'] }),
    passwordConnector('device', { name: 'Cherry', grantTypes: ['urn:ietf:params:oauth:grant-type:device_code'] }),
  ],
});

it.each<[string, ConnectorUse, readonly string[]]>([
  ['a code', { responseType: { code: true, token: false, idToken: false } }, ['code', 'any']],
  ['a code, when nothing is said', {}, ['code', 'any']],
  ['an ID token', { responseType: { code: false, token: false, idToken: true } }, ['front', 'any']],
  ['a code with a token', { responseType: { code: true, token: true, idToken: false } }, ['front', 'any']],
  [
    'a device',
    { deviceUserCode: 'BCDF-GHJK', responseType: { code: true, token: false, idToken: false } },
    ['device', 'any'],
  ],
])('Dex: a connector may be limited to grants; for %s', (_, use, expected) => {
  expect(connectorsFor(context, createClient('app'), use).map(({ id }) => id)).toEqual(expected);
});

it('N36: a client’s list leaves out all others', () => {
  const client = createClient('app', { allowedConnectors: ['any'] });
  expect(connectorsFor(context, client).map(({ id }) => id)).toEqual(['any']);
  expect(findConnectorFor(context, client, 'code')).toBeUndefined();
});
