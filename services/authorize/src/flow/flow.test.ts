import { describe, expect, it } from 'vitest';
import { passwordConnector } from '../testing/harness.ts';
import { authorizationOf } from './code.ts';
import { decodeFlow, encodeFlow, type Flow } from './flow.ts';

const flow: Flow = {
  id: 'A'.repeat(22),
  version: 3,
  clientId: 'app',
  redirectUri: 'https://app.example.com/cb',
  state: 'ü "',
  nonce: 'n',
  scopes: ['openid', 'offline_access'],
  pkce: { challenge: 'c', method: 'S256' },
  forcesApproval: true,
  connectorId: 'ldap',
  loginHint: 'jane',
  locale: 'zh-CN',
  browser: 'b',
  restart: '/auth?x',
  connectorData: Buffer.from([0, 255]),
  authentication: {
    identity: {
      userId: '1',
      username: 'Jane',
      preferredUsername: 'jane',
      email: 'jane@example.com',
      emailVerified: true,
      groups: ['a'],
      claims: { address: { country: 'NL' } },
    },
    connectorData: Buffer.from([1, 2]),
    authTime: new Date('2026-01-01T00:00:00.123Z'),
  },
};

describe('a flow', () => {
  it('is the same after it was kept', () => {
    expect(decodeFlow(flow.id, flow.version, encodeFlow(flow))).toEqual(flow);
    const { authentication: _, pkce: __, state: ___, ...begun } = flow;
    expect(decodeFlow(flow.id, 1, encodeFlow({ ...begun, version: 1 }))).toEqual({ ...begun, version: 1 });
  });

  it('of another format is as good as none', () => {
    expect(decodeFlow(flow.id, 1, Buffer.from('{"format":2}'))).toBeUndefined();
  });
});

describe('authorizationOf', () => {
  it('RFC 6749 §4.1.1: takes over what was asked and who signed in', () => {
    expect(authorizationOf(flow, passwordConnector('ldap'))).toEqual({
      clientId: 'app',
      redirectUri: flow.redirectUri,
      scopes: flow.scopes,
      nonce: 'n',
      pkce: flow.pkce,
      identity: flow.authentication?.identity,
      connectorId: 'ldap',
      connectorData: flow.authentication?.connectorData,
      authTime: flow.authentication?.authTime,
      isRefreshable: true,
      refreshesUpstream: true,
    });
  });

  it.each([
    ['nobody asked for offline_access', { scopes: ['openid'] }, {}, false],
    ['the connector cannot refresh', {}, { canRefresh: false }, false],
    ['the connector may not be used for it', {}, { grantTypes: ['authorization_code'] }, false],
    ['the connector may be used for it', {}, { grantTypes: ['authorization_code', 'refresh_token'] }, true],
  ])('OIDC Core §11: refresh tokens where %s', (_, changes, connector, isRefreshable) => {
    expect(authorizationOf({ ...flow, ...changes }, passwordConnector('ldap', connector))).toMatchObject({
      isRefreshable,
    });
  });

  it('is nothing before anybody signed in', () => {
    const { authentication: _, ...begun } = flow;
    expect(authorizationOf(begun, passwordConnector('ldap'))).toBeUndefined();
  });
});
