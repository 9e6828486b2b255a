import type { ClaimRequest } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { passwordConnector } from '../testing/harness.ts';
import { authorizationOf, frontChannelAuthorization } from './code.ts';
import { missesEssentialAcr } from './demands.ts';
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
  responseType: { code: true, token: false, idToken: true },
  responseMode: 'form_post',
  isRedirectUriImplied: false,
  resources: ['https://files/'],
  claims: { idToken: { acr: { essential: true, values: ['gold'] } } },
  acrValues: ['gold'],
  idTokenHint: { subject: 's', sessionId: 'session-1' },
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
    amr: ['pwd'],
    acr: 'gold',
    sessionId: 'session-1',
  },
};

describe('a flow', () => {
  it('is the same after it was kept', () => {
    expect(decodeFlow(flow.id, flow.version, encodeFlow(flow))).toEqual(flow);
    const { authentication: _, pkce: __, state: ___, ...begun } = flow;
    expect(decodeFlow(flow.id, 1, encodeFlow({ ...begun, version: 1 }))).toEqual({ ...begun, version: 1 });
  });

  it('of a later format is as good as none', () => {
    expect(decodeFlow(flow.id, 1, Buffer.from('{"format":3}'))).toBeUndefined();
  });

  it('that a replica of the version before began goes on', () => {
    const {
      responseType: _,
      responseMode: __,
      isRedirectUriImplied: ___,
      ...rest
    } = JSON.parse(Buffer.from(encodeFlow(flow)).toString()) as Record<string, unknown>;
    const earlier = { ...rest, format: 1, resources: undefined, acrValues: undefined };
    expect(decodeFlow(flow.id, 2, Buffer.from(JSON.stringify(earlier)))).toMatchObject({
      clientId: flow.clientId,
      responseType: { code: true, token: false, idToken: false },
      responseMode: 'query',
      resources: [],
      acrValues: [],
    });
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
      sessionId: 'session-1',
      details: { acr: 'gold', amr: ['pwd'], claims: flow.claims, resources: flow.resources },
    });
  });

  it('RFC 6749 §4.1.3: notes that the redirect URI was implied, and else nothing that was not asked', () => {
    const { claims: _, authentication, ...asked } = flow;
    if (authentication === undefined) throw new Error('nobody signed in');
    const { acr: __, sessionId: ___, ...person } = authentication;
    const plain: Flow = { ...asked, resources: [], isRedirectUriImplied: true, authentication: { ...person, amr: [] } };
    const authorization = authorizationOf(plain, passwordConnector('ldap'));
    expect(authorization?.details).toEqual({ isRedirectUriImplied: true });
    expect(authorization).not.toHaveProperty('sessionId');
  });

  it('RFC 6749 §3.3: holds the scopes that were approved, of those that were asked for', () => {
    const authorization = authorizationOf(flow, passwordConnector('ldap'), ['openid']);
    expect(authorization).toMatchObject({ scopes: ['openid'], isRefreshable: false });
    expect(() => authorizationOf(flow, passwordConnector('ldap'), ['openid', 'email'])).toThrow(RangeError);
  });

  it('RFC 6749 §4.2.2: of the front channel, is never refreshable', () => {
    const authorization = authorizationOf(flow, passwordConnector('ldap'));
    if (authorization === undefined) throw new Error('nobody signed in');
    expect(frontChannelAuthorization(authorization)).toEqual({
      ...authorization,
      isRefreshable: false,
      details: { ...authorization.details, grantType: 'implicit' },
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

describe('missesEssentialAcr', () => {
  it.each<[string, ClaimRequest | undefined, acr: string | undefined, boolean]>([
    ['one of the values', { essential: true, values: ['silver', 'gold'] }, 'gold', false],
    ['none of the values', { essential: true, values: ['silver'] }, 'gold', true],
    ['not the value', { essential: true, value: 'silver' }, 'gold', true],
    ['no class at all', { essential: true, values: ['silver'] }, undefined, true],
    ['none, where it is voluntary', { values: ['silver'] }, undefined, false],
    ['none, where any will do', { essential: true }, undefined, false],
    ['none, where none is asked for', undefined, undefined, false],
  ])('OIDC Core §5.5.1.1: a sign-in of %s', (_, asked, acr, isMissed) => {
    if (flow.authentication === undefined) throw new Error('nobody signed in');
    const { acr: __, ...person } = flow.authentication;
    const authentication = { ...person, ...(acr === undefined ? {} : { acr }) };
    const claims = asked === undefined ? {} : { idToken: { acr: asked } };
    expect(missesEssentialAcr({ claims, authentication })).toBe(isMissed);
  });
});
