import { describe, expect, test } from 'vitest';
import { configOf, loadFile, problemsOf, warningsOf } from '../testing/config-text.ts';

describe('issuer', () => {
  test.each([
    'https://id.example.org',
    'https://id.example.org:8443/a/b',
    'http://localhost:5556/dex',
    'http://[::1]/x',
  ])('%s is one', (issuer) => {
    expect(configOf(loadFile({ issuer })).issuer).toBe(issuer);
  });

  test.each([
    ['id.example.org', 'must be an absolute http or https URL'],
    ['ftp://id.example.org', 'must be an absolute http or https URL'],
    ['', 'must be an absolute http or https URL'],
    ['https://id.example.org?x=1', 'must not have a query'],
    ['https://id.example.org?', 'must not have a query'],
    ['https://id.example.org/a#b', 'must not have a fragment'],
    ['https://id.example.org/', 'write https://id.example.org'],
    ['https://id.example.org/dex//', 'write https://id.example.org/dex'],
    ['https://a:b@id.example.org', 'must not contain a user name or password'],
    ['https://id.example.org/a/../b', 'write a plain path'],
    ['https://id.example.org//a', 'write a plain path'],
  ])('OIDC Discovery §3: %s is refused', (issuer, expected) => {
    expect(problemsOf(loadFile({ issuer }))).toEqual([expect.stringContaining(expected)]);
  });

  test('plain http on another host is warned about', () => {
    expect(warningsOf(loadFile({ issuer: 'http://id.example.org/dex' }))).toContainEqual(
      expect.stringContaining('issuer is plain http'),
    );
  });
});

describe('web', () => {
  test.each([
    [{}, ['web needs http or https, for example http: 0.0.0.0:5556']],
    [{ http: '5556' }, ['web.http must be an address to listen on such as 0.0.0.0:5556, :5556 or [::1]:5556']],
    [{ https: ':5554', tlsCert: 'c' }, ['web.tlsKey is required with web.https']],
    [
      { http: ':1', clientRemoteIP: { header: 'X', trustedProxies: ['10.0.0.0/99'] } },
      [expect.stringContaining('trustedProxies[0] must be an IP range')],
    ],
    [{ http: ':1', clientRemoteIP: { header: 'X Y' } }, ['web.clientRemoteIP.header must be the name of a header']],
    [
      { http: ':1', headers: { 'X-Frame-Option': 'DENY' } },
      [expect.stringContaining('did you mean "X-Frame-Options"?')],
    ],
    [
      { http: ':1', headers: { 'X-Frame-Options': 'DENY\r\nSet-Cookie: a=b' } },
      [expect.stringContaining('must be one line of visible ASCII')],
    ],
  ])('%j is refused', (web, expected) => {
    expect(problemsOf(loadFile({ web }))).toEqual(expected);
  });

  test('header names come out in their canonical case', () => {
    const web = { http: ':1', headers: { 'strict-transport-security': 'max-age=1' } };
    expect(configOf(loadFile({ web })).web.headers).toEqual({ 'Strict-Transport-Security': 'max-age=1' });
  });

  test('a client address header without trusted proxies is ignored with a warning, as in Dex', () => {
    const result = loadFile({ web: { http: ':1', clientRemoteIP: { header: 'X-Forwarded-For' } } });
    expect(configOf(result).web.clientRemoteIp).toBeUndefined();
    expect(warningsOf(result)).toContainEqual(expect.stringContaining('has no effect without trustedProxies'));
  });
});

describe('oauth2', () => {
  test.each([
    [{ pkce: { codeChallengeMethodsSupported: ['S512'] } }, 'must be one of S256, plain'],
    [{ pkce: { codeChallengeMethodsSupported: [] } }, 'oauth2.pkce.codeChallengeMethodsSupported must not be empty'],
  ])('%j is refused', (oauth2, expected) => {
    expect(problemsOf(loadFile({ oauth2 }))).toEqual([expect.stringContaining(expected)]);
  });

  test('RFC 7636 §4.2: plain has to be named, and is warned about', () => {
    const result = loadFile({ oauth2: { pkce: { codeChallengeMethodsSupported: ['S256', 'plain'] } } });
    expect(configOf(result).oauth2.pkce.codeChallengeMethodsSupported).toEqual(['S256', 'plain']);
    expect(warningsOf(result)).toContainEqual(expect.stringContaining('plain'));
  });
});

describe('expiry and signer', () => {
  test('durations are read as seconds', () => {
    const expiry = {
      idTokens: '1h30m',
      authCodes: '10m',
      refreshTokens: { reuseInterval: '300ms', absoluteLifetime: 0 },
    };
    expect(configOf(loadFile({ expiry })).expiry).toMatchObject({
      idTokensSeconds: 5400,
      authCodesSeconds: 600,
      refreshTokens: { reuseIntervalSeconds: 0.3, absoluteLifetimeSeconds: 0 },
    });
  });

  test.each([
    [{ authCodes: '11m' }, 'expiry.authCodes must be at most 10m (RFC 6749 §4.1.2)'],
    [{ idTokens: '0' }, 'expiry.idTokens must be longer than 0'],
    [{ accessTokens: '-1h' }, 'expiry.accessTokens must not be negative'],
    [{ refreshTokens: { reuseInterval: '-1s' } }, 'expiry.refreshTokens.reuseInterval must not be negative'],
    [{ authRequests: '1d' }, 'expiry.authRequests is not a duration: there is no unit longer than an hour; write 24h'],
  ])('%j is refused', (expiry, expected) => {
    expect(problemsOf(loadFile({ expiry }))).toEqual([expected]);
  });

  test('an idle time longer than the whole lifetime is warned about', () => {
    const expiry = { refreshTokens: { validIfNotUsedFor: '48h', absoluteLifetime: '24h' } };
    expect(warningsOf(loadFile({ expiry }))).toContainEqual(
      expect.stringContaining('expiry.refreshTokens.validIfNotUsedFor is longer'),
    );
    const unlimited = { refreshTokens: { validIfNotUsedFor: '48h', absoluteLifetime: '0' } };
    expect(warningsOf(loadFile({ expiry: unlimited })).join()).not.toContain('validIfNotUsedFor');
  });

  test('the rotation period comes from the signer, else from the older key in expiry', () => {
    const expiry = { signingKeys: '2h' };
    const signer = { type: 'local', config: { keysRotationPeriod: '3h', algorithm: 'ES256' } };
    expect(configOf(loadFile({ expiry })).signer.keysRotationPeriodSeconds).toBe(7200);
    expect(configOf(loadFile({ expiry, signer })).signer).toEqual({
      type: 'local',
      keysRotationPeriodSeconds: 10_800,
      algorithm: 'ES256',
      algorithms: ['ES256'],
      rsaKeyBits: 2048,
      selfSignedCertificates: false,
    });
  });

  test('RFC 7518 §3.1: further algorithms stand behind the default one, each once', () => {
    const signer = { config: { algorithm: 'PS256', algorithms: ['RS256', 'EdDSA', 'PS256', 'RS256'] } };
    expect(configOf(loadFile({ signer: { type: 'local', ...signer } })).signer).toMatchObject({
      algorithm: 'PS256',
      algorithms: ['PS256', 'RS256', 'EdDSA'],
    });
  });

  test.each(['algorithm', 'algorithms'])('signer.config.%s takes no algorithm keyed by a secret', (key) => {
    const value = key === 'algorithm' ? 'HS256' : ['HS256'];
    expect(problemsOf(loadFile({ signer: { type: 'local', config: { [key]: value } } }))).toEqual([
      expect.stringMatching(
        /^signer\.config\.algorithm(s\[0\])? must be one of RS256, .*; did you mean "[A-Z]S256"\?$/,
      ),
    ]);
  });
});

describe('frontend', () => {
  test.each([
    ['coreos', 'light'],
    ['tectonic', 'light'],
    ['light', 'light'],
    ['dark', 'dark'],
    ['auto', 'auto'],
  ])('theme %s is %s', (theme, expected) => {
    expect(configOf(loadFile({ frontend: { theme } })).frontend.theme).toBe(expected);
  });

  test.each(['#05a', '#05af', '#0055aa', '#0055AAFF', 'teal', 'RebeccaPurple'])('%s is a colour', (accentColor) => {
    expect(configOf(loadFile({ frontend: { accentColor, backgroundColor: accentColor } })).frontend.accentColor).toBe(
      accentColor,
    );
  });

  test.each([
    '#05',
    '#05abc',
    'nocolour',
    'red;}body{display:none',
    'url(https://evil)',
    'var(--x)',
    'rgb(1,2,3)',
    '',
    '#0055aa\n',
  ])('%j cannot reach a style sheet', (accentColor) => {
    expect(problemsOf(loadFile({ frontend: { accentColor } }))).toEqual([
      expect.stringContaining('frontend.accentColor must be a CSS colour'),
    ]);
  });

  test.each(['https://cdn.example.org/logo.svg', '/theme/logo.png'])('%s is a logo', (logoURL) => {
    expect(configOf(loadFile({ frontend: { logoURL } })).frontend.logoUrl).toBe(logoURL);
  });

  test.each([
    'logo.png',
    '//evil.example.org/x',
    '/\\evil',
    'javascript:alert(1)',
    'data:image/png;base64,x',
    'https://a/"onload=x',
    '/a b',
  ])('%j is no logo', (logoURL) => {
    expect(problemsOf(loadFile({ frontend: { logoURL } }))).toEqual([
      expect.stringContaining('frontend.logoURL must be'),
    ]);
  });
});

describe('services and rpc', () => {
  test('addresses of separate processes', () => {
    const services = {
      storage: { grpc: ':7001', addresses: ['storage-0:7001', 'storage-1:7001'] },
      token: { http: ':8080' },
    };
    expect(configOf(loadFile({ services })).services).toEqual({
      authorize: { addresses: [] },
      token: { http: ':8080', addresses: [] },
      keys: { addresses: [] },
      federation: { addresses: [] },
      storage: { grpc: ':7001', addresses: ['storage-0:7001', 'storage-1:7001'] },
      events: { addresses: [] },
    });
  });

  test.each([
    [
      { services: { storage: { addresses: ['storage'] } } },
      'services.storage.addresses[0] must be host:port or dns:///name:port',
    ],
    [{ services: { stroage: {} } }, 'services.stroage is not a known key; did you mean "storage"?'],
    [{ rpc: { tls: { caFile: 'a', certFile: 'b' } } }, 'rpc.tls.keyFile is required'],
    [
      { rpc: { insecurePlaintext: true, tls: { caFile: 'a', certFile: 'b', keyFile: 'c' } } },
      'rpc.insecurePlaintext contradicts rpc.tls; remove one of them',
    ],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOf(loadFile(changes))).toEqual([expected]);
  });

  test('mutual TLS', () => {
    const tls = { caFile: 'ca.pem', certFile: '{service}.pem', keyFile: '{service}.key' };
    expect(configOf(loadFile({ rpc: { tls, deadline: '2s' } })).rpc).toEqual({
      tls,
      insecurePlaintext: false,
      deadlineSeconds: 2,
    });
  });
});
