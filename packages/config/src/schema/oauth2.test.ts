import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { client, configOf, ldapConnector, loadFile, problemsOf, warningsOf } from '../testing/config-text.ts';
import { RESPONSE_TYPES } from './response-types.ts';

const device = 'urn:ietf:params:oauth:grant-type:device_code';
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const bearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const oauth2Of = (oauth2: Record<string, unknown>, changes: Record<string, unknown> = {}) =>
  configOf(loadFile({ oauth2, ...changes })).oauth2;
const warningsAbout = (oauth2: Record<string, unknown>, changes: Record<string, unknown> = {}) =>
  warningsOf(loadFile({ oauth2, ...changes })).filter((warning) => warning.includes('oauth2.'));

describe('oauth2.grantTypes', () => {
  test('of Dex’s default set, those that something can be done with are offered, without a warning', () => {
    expect(oauth2Of({}).grantTypes).toEqual(['authorization_code', 'refresh_token', device, exchange]);
    expect(warningsAbout({})).toEqual([]);
    const all = oauth2Of({ responseTypes: ['id_token'], passwordConnector: 'ldap' }, { connectors: [ldapConnector()] });
    expect(all.grantTypes).toEqual(['authorization_code', 'implicit', 'password', 'refresh_token', device, exchange]);
  });

  test('are offered as listed, each once', () => {
    const grantTypes = ['refresh_token', 'client_credentials', 'refresh_token', 'authorization_code', device, exchange];
    expect(oauth2Of({ grantTypes }).grantTypes).toEqual([...new Set(grantTypes)]);
  });

  test.each([
    ['implicit', 'no response type of oauth2.responseTypes needs it'],
    ['password', 'there is no oauth2.passwordConnector'],
    [bearer, 'oauth2.trustedIssuers is empty'],
  ])('%s is not offered where nothing could be done with it, and that is said', (grant, reason) => {
    const oauth2 = { grantTypes: ['authorization_code', grant] };
    expect(oauth2Of(oauth2).grantTypes).toEqual(['authorization_code']);
    expect(warningsAbout(oauth2)).toEqual([expect.stringContaining(`oauth2.grantTypes[1] is not served: ${reason}`)]);
  });

  test('a client that says password and names its connector is enough for that grant; being bound to one is not', () => {
    const said = [client({ grantTypes: ['password'], allowedConnectors: ['mock'] })];
    expect(oauth2Of({}, { staticClients: said }).grantTypes).toContain('password');
    expect(oauth2Of({}, { staticClients: [client({ allowedConnectors: ['mock'] })] }).grantTypes).not.toContain(
      'password',
    );
  });

  test('RFC 6749 §4.5: an absolute URI is an extension grant, with a warning that it has to be registered', () => {
    const grantTypes = ['authorization_code', 'https://example.org/grants/card'];
    expect(oauth2Of({ grantTypes }).grantTypes).toEqual(grantTypes);
    expect(warningsAbout({ grantTypes })).toEqual([expect.stringContaining('oauth2.grantTypes[1] is not built in')]);
    const mistyped = 'urn:ietf:params:oauth:grant-type:device-code';
    expect(warningsAbout({ grantTypes: ['authorization_code', mistyped] })).toEqual([
      expect.stringContaining(`did you mean "${device}"?`),
    ]);
  });
});

describe('oauth2.responseTypes', () => {
  test('RFC 6749 §3.1.1: the order of words does not matter', () => {
    const responseTypes = [
      'code',
      'token id_token',
      'token code',
      'id_token code',
      'token id_token code',
      'code token',
    ];
    expect(oauth2Of({ responseTypes }).responseTypes).toEqual([
      'code',
      'id_token token',
      'code token',
      'code id_token',
      'code id_token token',
    ]);
  });

  test('OAuth 2.0 Multiple Response Types §3, §5: all seven can be offered', () => {
    expect(oauth2Of({ responseTypes: [...RESPONSE_TYPES] }).responseTypes).toEqual([...RESPONSE_TYPES]);
  });

  test('one whose grants are not offered is not offered either, and that is said', () => {
    const oauth2 = { grantTypes: ['authorization_code'], responseTypes: ['code', 'code id_token'] };
    expect(oauth2Of(oauth2).responseTypes).toEqual(['code']);
    expect(warningsAbout(oauth2)).toEqual([
      expect.stringContaining('oauth2.responseTypes[1] is not served: it needs implicit in oauth2.grantTypes'),
    ]);
  });

  test('an installation for machines alone has none', () => {
    expect(oauth2Of({ grantTypes: ['client_credentials'] }).responseTypes).toEqual([]);
    expect(oauth2Of({ grantTypes: ['client_credentials'], responseTypes: [] }).responseTypes).toEqual([]);
    expect(warningsAbout({ grantTypes: ['client_credentials'] })).toEqual([]);
  });

  test('a response mode that is usual for one and not offered is warned about', () => {
    const oauth2 = { responseTypes: ['code', 'id_token'], responseModes: ['form_post', 'query'] };
    expect(warningsAbout(oauth2)).toEqual([
      expect.stringContaining('does not have fragment, which id_token has unless a request says another'),
    ]);
  });
});

describe('oauth2', () => {
  test('further keys have defaults and are read', () => {
    expect(oauth2Of({})).toMatchObject({
      responseModes: ['query', 'fragment', 'form_post'],
      requestObjects: { byValue: true, byReference: false },
      consentLifetimeSeconds: 0,
      trustedIssuers: [],
    });
    const pairwiseSecret = 'p'.repeat(32);
    const oauth2 = {
      responseModes: ['query', 'query'],
      requestObjects: { byValue: false, byReference: true },
      consentLifetime: '720h',
      pairwiseSecret,
    };
    expect(oauth2Of(oauth2)).toMatchObject({
      responseModes: ['query'],
      requestObjects: { byValue: false, byReference: true },
      consentLifetimeSeconds: 2_592_000,
      pairwiseSecret,
    });
  });

  test.each([
    [{ grantTypes: [] }, 'oauth2.grantTypes must not be empty'],
    [{ grantTypes: ['implicit'] }, 'oauth2.grantTypes names nothing that could be used'],
    [{ grantTypes: ['password', 'implicit', bearer] }, 'oauth2.grantTypes names nothing that could be used'],
    [{ grantTypes: ['client-credentials'] }, 'oauth2.grantTypes[0] must be one of authorization_code'],
    [{ grantTypes: ['client-credentials'] }, 'did you mean "client_credentials"?'],
    [{ responseTypes: ['code code'] }, 'oauth2.responseTypes[0] must be one of code, token'],
    [{ responseTypes: ['id_tokn token'] }, 'did you mean "id_token token"?'],
    [{ responseTypes: [] }, 'oauth2.responseTypes must not be empty'],
    [
      { grantTypes: ['authorization_code'], responseTypes: ['id_token', 'token'] },
      'oauth2.responseTypes names nothing that the grants of oauth2.grantTypes allow',
    ],
    [{ responseModes: ['form-post'] }, 'did you mean "form_post"?'],
    [{ responseModes: [] }, 'oauth2.responseModes must not be empty'],
    [{ requestObjects: { byvalue: 'maybe' } }, 'oauth2.requestObjects.byValue must be true or false'],
    [{ consentLifetime: '30d' }, 'oauth2.consentLifetime is not a duration'],
    [{ pairwiseSecret: 'short' }, 'oauth2.pairwiseSecret must have at least 32 characters'],
    [{ passwordConnector: 'mokc' }, 'oauth2.passwordConnector is "mokc", which is no connector; did you mean "mock"?'],
    [{ passwordConnector: 'directory' }, 'which is no connector; configured are mock'],
    [{ passwordConnector: 'mock' }, 'is a connector of type mockCallback, which takes no passwords'],
  ])('%j is refused', (oauth2, expected) => {
    expect(problemsOf(loadFile({ oauth2 }))).toEqual([expect.stringContaining(expected)]);
  });

  test('the connector of the password grant may be the one of the password database, and must allow the grant', () => {
    expect(oauth2Of({ passwordConnector: 'local' }, { enablePasswordDB: true }).passwordConnector).toBe('local');
    const connectors = [{ ...ldapConnector(), grantTypes: ['authorization_code'] }];
    expect(problemsOf(loadFile({ connectors, oauth2: { passwordConnector: 'ldap' } }))).toEqual([
      'oauth2.passwordConnector is a connector whose grantTypes do not have password',
    ]);
    const grantTypes = ['authorization_code'];
    expect(warningsAbout({ grantTypes, passwordConnector: 'ldap' }, { connectors: [ldapConnector()] })).toEqual([
      expect.stringContaining('oauth2.passwordConnector has no effect'),
    ]);
  });
});

describe('oauth2.trustedIssuers', () => {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const trusted = (changes: Record<string, unknown> = {}) => ({
    issuer: 'https://machines.example.org',
    keys: { jwks: { keys: [{ ...jwk, kid: 'a' }] } },
    connectorID: 'mock',
    ...changes,
  });

  test('RFC 7523 §3: are read, by key or by address', () => {
    const trustedIssuers = [
      trusted({ clients: ['app'] }),
      trusted({ issuer: 'x', keys: { jwksURI: 'https://x/keys' } }),
    ];
    const oauth2 = oauth2Of({ grantTypes: [bearer], trustedIssuers });
    expect(oauth2.grantTypes).toEqual([bearer]);
    expect(oauth2.trustedIssuers).toEqual([
      {
        issuer: 'https://machines.example.org',
        jwks: { keys: [{ ...jwk, kid: 'a' }] },
        connectorId: 'mock',
        clients: ['app'],
      },
      { issuer: 'x', jwksUri: 'https://x/keys', connectorId: 'mock', clients: [] },
    ]);
  });

  test('without the grant they have no effect, which is said', () => {
    expect(warningsAbout({ trustedIssuers: [trusted()] })).toEqual([
      expect.stringContaining(`oauth2.trustedIssuers has no effect: oauth2.grantTypes does not have ${bearer}`),
    ]);
  });

  test.each([
    [[trusted(), trusted()], '[1].issuer is the same as oauth2.trustedIssuers[0].issuer'],
    [[trusted({ issuer: 'http://127.0.0.1:5556/dex' })], '[0].issuer is this installation itself'],
    [[trusted({ connectorID: 'mokc' })], '[0].connectorID is "mokc", which is no connector; did you mean "mock"?'],
    [[trusted({ connectorID: undefined })], '[0].connectorID is required'],
    [[trusted({ keys: undefined })], '[0].keys is required'],
    [[trusted({ keys: {} })], '[0].keys needs jwks or jwksURI'],
    [[trusted({ keys: { jwksURI: 'http://x.example.org' } })], '[0].keys.jwksURI must be https'],
  ])('%j are refused', (trustedIssuers, expected) => {
    expect(problemsOf(loadFile({ oauth2: { grantTypes: [bearer], trustedIssuers } }))).toEqual([
      expect.stringContaining(`oauth2.trustedIssuers${expected}`),
    ]);
  });
});
