import { createSecretRing } from '@tessera/credentials';
import type { Identity } from '@tessera/oauth';
import type { LogFields, Logger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createConnectorDataSealer } from './connector-data.ts';
import type { Connector } from './connectors/connector.ts';
import { createFederation } from './federation.ts';
import { signInError, upstreamMisconfigured } from './sign-in-errors.ts';

const jane: Identity = {
  userId: '1',
  username: 'Jane',
  preferredUsername: '',
  email: 'jane@example.com',
  emailVerified: true,
  groups: [],
  claims: {},
};
const sealer = createConnectorDataSealer(() => createSecretRing(new Map([[1, new Uint8Array(32)]]), 1));

const passwordConnector: Connector = {
  signIn: {
    kind: 'password',
    prompt: 'Badge number',
    async login({ username, password }) {
      if (username === 'broken') throw upstreamMisconfigured('the entry has no mail');
      if (username === 'down')
        throw signInError('upstreamUnavailable', 'the directory ldap.example:636 does not answer');
      if (password !== 'canary-password') throw signInError('invalidCredentials', 'unknown name or another password');
      return { identity: jane, data: 'canary-data' };
    },
  },
  refresher: { refresh: async ({ identity, data }) => ({ identity, data: `${data}+` }) },
  refreshesUpstream: true,
  async close() {},
};
const callbackConnector: Connector = {
  signIn: {
    kind: 'callback',
    begin: async ({ state }) => ({ redirectUrl: `https://upstream.example/?state=${state}`, data: 'canary-nonce' }),
    complete: async ({ data }) => ({ identity: { ...jane, username: data }, data: '' }),
  },
  refreshesUpstream: false,
  exchanger: { exchange: async ({ token }) => ({ identity: { ...jane, username: token }, data: '' }) },
  logout: {
    beginLogout: async ({ data, returnUrl, state }) =>
      state === 'none'
        ? undefined
        : `https://upstream.example/bye?${new URLSearchParams({ data, returnUrl, state }).toString()}`,
  },
  async close() {},
};

function setUp() {
  const lines: { level: string; fields: LogFields }[] = [];
  const write = (level: string) => (fields: LogFields) => void lines.push({ level, fields });
  const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const federation = createFederation({
    connectors: [
      { config: { id: 'pw', type: 'ldap', name: 'Staff', grantTypes: [] }, connector: passwordConnector },
      { config: { id: 'up', type: 'oidc', name: 'Partner', grantTypes: ['implicit'] }, connector: callbackConnector },
    ],
    sealer,
    logger,
  });
  return { federation, lines };
}

const login = { connectorId: 'pw', username: 'jane', password: 'canary-password', scopes: [] };

test('Connectors are listed in the order of the configuration with what they can do', async () => {
  expect(await setUp().federation.listConnectors()).toEqual([
    {
      id: 'pw',
      type: 'ldap',
      name: 'Staff',
      kind: 'password',
      usernamePrompt: 'Badge number',
      canRefresh: true,
      refreshesUpstream: true,
      grantTypes: [],
    },
    {
      id: 'up',
      type: 'oidc',
      name: 'Partner',
      kind: 'callback',
      usernamePrompt: '',
      canRefresh: false,
      refreshesUpstream: false,
      grantTypes: ['implicit'],
    },
  ]);
});

test('Connector data travels sealed from login to refresh to refresh', async () => {
  const { federation } = setUp();
  const first = await federation.login(login);
  expect(Buffer.from(first.connectorData).toString('latin1')).not.toContain('canary');
  const refresh = { connectorId: 'pw', identity: jane, scopes: [] };
  const second = await federation.refresh({ ...refresh, connectorData: first.connectorData });
  expect(sealer.open(second.connectorData, { phase: 'refresh', connectorId: 'pw' })).toBe('canary-data+');
  await expect(
    federation.refresh({ ...refresh, connectorData: Buffer.from('forged data, long enough') }),
  ).rejects.toMatchObject({ code: 'federation.user_gone' });
});

test('N26: a return is completed only with the data of its own state', async () => {
  const { federation } = setUp();
  const { connectorData } = await federation.beginCallback({ connectorId: 'up', state: 'one', scopes: [] });
  const back = { connectorId: 'up', parameters: '', connectorData, scopes: [] };
  expect((await federation.completeCallback({ ...back, state: 'one' })).identity.username).toBe('canary-nonce');
  await expect(federation.completeCallback({ ...back, state: 'two' })).rejects.toMatchObject({
    code: 'federation.invalid_callback',
    kind: 'invalid_argument',
  });
});

test('RFC 8693 §2.1: a token goes to a connector that takes tokens, and to no other', async () => {
  const { federation, lines } = setUp();
  const token = { token: 'canary-token', tokenType: 'urn:ietf:params:oauth:token-type:access_token' };
  const answer = await federation.exchangeToken({ connectorId: 'up', ...token });
  expect(answer.identity.username).toBe('canary-token');
  expect(answer.connectorData).toHaveLength(0);
  await expect(federation.exchangeToken({ connectorId: 'pw', ...token })).rejects.toMatchObject({
    code: 'federation.unsupported_exchange',
    kind: 'invalid_argument',
  });
  await expect(federation.exchangeToken({ connectorId: 'nobody', ...token })).rejects.toMatchObject({
    code: 'federation.unknown_connector',
  });
  expect(JSON.stringify(lines)).not.toContain('canary');
});

test('OIDC RP-Initiated Logout §2: a sign-out goes where the upstream has one, with what was kept of the sign-in', async () => {
  const { federation } = setUp();
  const place = { phase: 'refresh', connectorId: 'up' } as const;
  const request = { connectorId: 'up', returnUrl: 'https://id.example/back', state: 's' };
  const begin = async (connectorData: Uint8Array) => {
    const url = await federation.beginLogout({ ...request, connectorData });
    return url === undefined ? undefined : Object.fromEntries(new URL(url).searchParams);
  };
  const sent = { returnUrl: 'https://id.example/back', state: 's' };
  expect(await begin(sealer.seal('kept', place))).toEqual({ ...sent, data: 'kept' });
  expect(await begin(new Uint8Array())).toEqual({ ...sent, data: '' });
  const connectorData = new Uint8Array();
  expect(await federation.beginLogout({ ...request, connectorData, state: 'none' })).toBeUndefined();
  expect(await federation.beginLogout({ ...request, connectorData, connectorId: 'pw' })).toBeUndefined();
});

test('What was sealed for another connector or is forged is not passed on at a sign-out', async () => {
  const { federation } = setUp();
  const elsewhere = sealer.seal('canary', { phase: 'refresh', connectorId: 'pw' });
  for (const connectorData of [elsewhere, Buffer.from('forged data, long enough to be some')]) {
    const url = await federation.beginLogout({ connectorId: 'up', connectorData, returnUrl: 'x', state: 's' });
    expect(new URL(url ?? '').searchParams.get('data')).toBe('');
  }
});

test('An unknown connector and one that signs in otherwise are told apart', async () => {
  const { federation } = setUp();
  await expect(federation.login({ ...login, connectorId: 'nobody' })).rejects.toMatchObject({
    code: 'federation.unknown_connector',
    kind: 'not_found',
  });
  await expect(federation.login({ ...login, connectorId: 'up' })).rejects.toMatchObject({
    code: 'federation.not_supported',
  });
  await expect(
    federation.refresh({ connectorId: 'up', identity: jane, connectorData: new Uint8Array(), scopes: [] }),
  ).rejects.toMatchObject({ code: 'federation.not_supported' });
});

test('Each call leaves one line with its outcome, as loud as its cause', async () => {
  const { federation, lines } = setUp();
  await federation.login(login);
  await federation.login({ ...login, password: 'wrong' }).catch(() => undefined);
  await federation.login({ ...login, username: 'down' }).catch(() => undefined);
  await federation.login({ ...login, username: 'broken' }).catch(() => undefined);
  expect(lines.map(({ level, fields }) => [level, fields['connector_id'], fields['outcome']])).toEqual([
    ['info', 'pw', 'success'],
    ['info', 'pw', 'federation.invalid_credentials'],
    ['warn', 'pw', 'federation.upstream_unavailable'],
    ['error', 'pw', 'federation.upstream_misconfigured'],
  ]);
  expect(lines[2]?.fields['reason']).toContain('ldap.example:636');
});

test('N96: no line shows a password or connector data', async () => {
  const { federation, lines } = setUp();
  await federation.login(login);
  await federation.login({ ...login, username: 'canary-password', password: 'canary-other' }).catch(() => undefined);
  expect(JSON.stringify(lines)).not.toContain('canary');
});
