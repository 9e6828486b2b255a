import { describe, expect, test } from 'vitest';
import {
  configOf,
  ldapConnector,
  loadFile,
  minimalFile,
  oidcConnector,
  problemsOf,
  warningsOf,
} from '../../testing/config-text.ts';

const userSearch = { baseDN: 'ou=People,dc=example,dc=org', username: 'uid' };
const groupSearch = { baseDN: 'ou=Groups,dc=example,dc=org', nameAttr: 'cn' };
const userMatchers = [{ userAttr: 'DN', groupAttr: 'member' }];

const configOfConnector = (connector: Record<string, unknown>) =>
  configOf(loadFile({ connectors: [connector] })).connectors[0]?.config;
const problemsOfConnector = (connector: Record<string, unknown>) => problemsOf(loadFile({ connectors: [connector] }));

describe('connectors', () => {
  test.each([
    [{ id: '' }, 'connectors[0].id must not be empty'],
    [{ id: 'a/b' }, 'connectors[0].id must not contain a slash, ?, #, spaces or control characters'],
    [{ id: '..' }, 'connectors[0].id must not contain a slash, ?, #, spaces or control characters'],
    [{ name: undefined }, 'connectors[0].name is required'],
    [{ grantTypes: ['client_credentials'] }, expect.stringContaining('connectors[0].grantTypes[0] must be one of')],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOfConnector({ ...ldapConnector(), ...changes })).toEqual([expected]);
  });

  test('two with one id are refused', () => {
    expect(problemsOf(loadFile({ connectors: [ldapConnector(), { ...oidcConnector(), id: 'ldap' }] }))).toEqual([
      'connectors[1].id is the same as connectors[0].id',
    ]);
  });

  test('a bad connector does not hide the problems of the next', () => {
    const connectors = [{ type: 'nope', id: 'x', name: 'X' }, ldapConnector({ host: undefined })];
    expect(problemsOf(loadFile({ connectors }))).toEqual([
      expect.stringContaining('connectors[0].type is not a known connector type'),
      'connectors[1].config.host is required',
    ]);
  });

  test('mock connectors work and are warned about', () => {
    const connectors = [
      ...minimalFile.connectors,
      { type: 'mockPassword', id: 'p', name: 'P', config: { username: 'u', password: 'p' } },
    ];
    const result = loadFile({ connectors });
    expect(configOf(result).connectors.map(({ type }) => type)).toEqual(['mockCallback', 'mockPassword']);
    expect(warningsOf(result).filter((warning) => warning.includes('for tests only'))).toHaveLength(2);
  });

  test.each([
    ['local', 'enablePasswordDB: true'],
    ['google', 'https://accounts.google.com'],
  ])('the refused type %s comes with a way out', (type, hint) => {
    expect(problemsOfConnector({ type, id: 'x', name: 'X', config: {} })).toEqual([expect.stringContaining(hint)]);
  });
});

describe('ldap', () => {
  test.each([
    ['ldap.example.org', false, 'ldap.example.org:636'],
    ['ldap.example.org', true, 'ldap.example.org:389'],
    ['ldap.example.org:3389', false, 'ldap.example.org:3389'],
    ['[fd00::1]', false, '[fd00::1]:636'],
    ['fd00::1', true, '[fd00::1]:389'],
  ])('host %s with insecureNoSSL %s is %s', (host, insecureNoSSL, expected) => {
    expect(configOfConnector(ldapConnector({ host, insecureNoSSL }))).toMatchObject({ host: expected });
  });

  test('defaults', () => {
    expect(configOfConnector(ldapConnector())).toEqual({
      host: 'ldap.example.org:636',
      insecureNoSSL: false,
      insecureSkipVerify: false,
      startTLS: false,
      userSearch: { baseDN: userSearch.baseDN, username: ['uid'], scope: 'sub', idAttr: 'uid', emailAttr: 'mail' },
    });
  });

  test('several user name attributes', () => {
    expect(
      configOfConnector(ldapConnector({ userSearch: { ...userSearch, username: ['uid', 'mail'] } })),
    ).toMatchObject({
      userSearch: { username: ['uid', 'mail'] },
    });
  });

  test('the older userAttr and groupAttr become a matcher, with a warning', () => {
    const old = { userAttr: 'uid', groupAttr: 'memberUid', recursionGroupAttr: 'member' };
    const result = loadFile({ connectors: [ldapConnector({ groupSearch: { ...groupSearch, ...old } })] });
    expect(configOf(result).connectors[0]?.config).toMatchObject({
      groupSearch: { ...groupSearch, scope: 'sub', userMatchers: [old] },
    });
    expect(configOf(result).connectors[0]?.config).not.toHaveProperty('groupSearch.userAttr');
    expect(warningsOf(result)).toContainEqual(expect.stringContaining('is the older form; write userMatchers'));
  });

  test('userMatchers win over the older form', () => {
    const both = { ...groupSearch, userMatchers, userAttr: 'uid', groupAttr: 'memberUid' };
    expect(configOfConnector(ldapConnector({ groupSearch: both }))).toMatchObject({ groupSearch: { userMatchers } });
  });

  test.each([
    [{ host: '' }, 'host must be host or host:port'],
    [{ host: 'ldaps://x' }, 'host must be host or host:port, without ldap:// or ldaps:// in front'],
    [{ host: 'x:99999' }, 'host must be host or host:port'],
    [
      { insecureNoSSL: true, startTLS: true },
      'startTLS contradicts insecureNoSSL: with it no TLS is used; remove one of them',
    ],
    [{ clientCert: 'c' }, 'clientCert and clientKey are needed together, or neither'],
    [{ rootCAData: '---' }, 'rootCAData must be base64 of PEM text'],
    [{ userSearch: { username: 'uid' } }, 'userSearch.baseDN is required'],
    [{ userSearch: { baseDN: 'dc=x' } }, 'userSearch.username is required'],
    [{ userSearch: { baseDN: 'dc=x', username: [] } }, 'userSearch.username must not be empty'],
    [
      { userSearch: { baseDN: 'dc=x', username: 5 } },
      'userSearch.username must be the name of an attribute or a list of names',
    ],
    [{ userSearch: { ...userSearch, scope: 'base' } }, 'userSearch.scope must be one of sub, one'],
    [
      { userSearch: { ...userSearch, filter: 'objectClass=person' } },
      'userSearch.filter must be an LDAP filter in parentheses, for example (objectClass=person)',
    ],
    [
      { userSearch: { ...userSearch, filter: '(a=b)(c=d)' } },
      'userSearch.filter must be an LDAP filter in parentheses, for example (objectClass=person)',
    ],
    [{ groupSearch: { ...groupSearch } }, 'groupSearch.userMatchers needs at least one pair of userAttr and groupAttr'],
    [{ groupSearch: { baseDN: 'x', userMatchers } }, 'groupSearch.nameAttr is required'],
    [
      { groupSearch: { ...groupSearch, userMatchers: [{ userAttr: 'uid' }] } },
      'groupSearch.userMatchers[0].groupAttr is required',
    ],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOfConnector(ldapConnector(changes))).toEqual([`connectors[0].config.${expected}`]);
  });

  test.each([
    [{ insecureNoSSL: true }, 'sends passwords over the network without encryption'],
    [{ insecureSkipVerify: true }, 'pose as the directory'],
    [{ bindDN: 'cn=admin' }, 'the search is anonymous'],
  ])('%j is warned about', (changes, expected) => {
    expect(warningsOf(loadFile({ connectors: [ldapConnector(changes)] }))).toEqual([expect.stringContaining(expected)]);
  });
});

describe('oidc', () => {
  test('defaults', () => {
    expect(configOfConnector(oidcConnector())).toEqual({
      issuer: 'https://upstream.example.org',
      clientID: 'tessera',
      clientSecret: 'upstream-secret',
      redirectURI: 'http://127.0.0.1:5556/dex/callback',
      providerDiscoveryOverrides: {},
      scopes: ['profile', 'email'],
      rootCAs: [],
      insecureSkipVerify: false,
      insecureSkipEmailVerified: false,
      insecureEnableGroups: false,
      allowedGroups: [],
      acrValues: [],
      getUserInfo: false,
      userIDKey: 'sub',
      userNameKey: 'name',
      overrideClaimMapping: false,
      claimMapping: {},
      claimModifications: {
        newGroupFromClaims: [],
        filterGroupClaims: {},
        modifyGroupNames: { prefix: '', suffix: '' },
      },
    });
  });

  test('all keys', () => {
    const changes = {
      issuerAlias: 'https://alias',
      redirectURI: 'http://127.0.0.1:5556/dex/callback',
      providerDiscoveryOverrides: { tokenURL: 'https://t', endSessionURL: 'https://e' },
      basicAuthUnsupported: true,
      scopes: ['openid', 'groups'],
      rootCAs: ['ca.pem'],
      insecureEnableGroups: true,
      allowedGroups: ['staff'],
      acrValues: ['gold'],
      getUserInfo: true,
      userIDKey: 'oid',
      userNameKey: 'nick',
      promptType: '',
      pkceChallenge: 'S256',
      overrideClaimMapping: true,
      claimMapping: { preferred_username: 'login', email: 'mail', groups: 'roles' },
      claimModifications: {
        newGroupFromClaims: [{ claims: ['org', 'team'], delimiter: ':', clearDelimiter: true, prefix: 'x' }],
        filterGroupClaims: { groupsFilter: '^staff' },
        modifyGroupNames: { prefix: 'a', suffix: 'b' },
      },
    };
    expect(configOfConnector(oidcConnector(changes))).toMatchObject({ ...changes, scopes: ['groups'] });
  });

  test.each([
    [{ issuer: 'upstream' }, 'issuer must be an absolute http or https URL'],
    [{ clientID: undefined }, 'clientID is required'],
    [
      { redirectURI: 'https://other/callback' },
      'redirectURI must be http://127.0.0.1:5556/dex/callback (the issuer followed by /callback); it may be left out',
    ],
    [{ pkceChallenge: 's256' }, 'pkceChallenge must be one of S256, plain; did you mean "S256"?'],
    [{ allowedGroups: ['a'] }, 'allowedGroups needs insecureEnableGroups: true, or nobody could sign in'],
    [
      { providerDiscoveryOverrides: { authURL: '/auth' } },
      'providerDiscoveryOverrides.authURL must be an absolute http or https URL',
    ],
    [
      { claimModifications: { filterGroupClaims: { groupsFilter: '(' } } },
      'claimModifications.filterGroupClaims.groupsFilter must be a regular expression of JavaScript; write (?i:…) around a part instead of (?i)',
    ],
  ])('%j is refused', (changes, expected) => {
    expect(problemsOfConnector(oidcConnector(changes))).toEqual([`connectors[0].config.${expected}`]);
  });

  test('hostedDomains is refused, as in Dex', () => {
    expect(problemsOfConnector(oidcConnector({ hostedDomains: ['example.org'] }))).toEqual([
      expect.stringContaining('connectors[0].config.hostedDomains is known from Dex, not served by this version'),
    ]);
  });

  test.each([
    [{ insecureSkipVerify: true }, 'pose as the provider'],
    [{ issuer: 'http://upstream.example.org' }, 'is plain http'],
  ])('%j is warned about', (changes, expected) => {
    expect(warningsOf(loadFile({ connectors: [oidcConnector(changes)] }))).toEqual([expect.stringContaining(expected)]);
  });
});
