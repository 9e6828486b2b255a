import { describe, expect, test } from 'vitest';
import { client, configOf, ldapConnector, loadFile, loadText, problemsOf, warningsOf } from '../testing/config-text.ts';

describe('keys', () => {
  test('match without regard to case at every level', () => {
    const config = configOf(
      loadText(`
ISSUER: http://127.0.0.1:5556/dex
Storage: {TYPE: sqlite3, Config: {FILE: a.db}}
WEB: {HTTP: ":5556", clientremoteip: {HEADER: X-Forwarded-For, trustedproxies: ["10.0.0.0/8"]}}
connectors:
- TYPE: ldap
  ID: ldap
  Name: LDAP
  CONFIG: {Host: h, bindpw: p, BINDDN: cn=a, usersearch: {basedn: dc=x, USERNAME: uid}}
staticclients: [{ID: a, NAME: A, Secret: s, redirecturis: ["https://a/"]}]
enablepassworddb: true
`),
    );
    expect(config.storage).toEqual({ type: 'sqlite3', file: 'a.db' });
    expect(config.web.clientRemoteIp).toEqual({ header: 'X-Forwarded-For', trustedProxies: ['10.0.0.0/8'] });
    expect(config.connectors[0]?.config).toMatchObject({
      bindPW: 'p',
      bindDN: 'cn=a',
      userSearch: { baseDN: 'dc=x', username: ['uid'] },
    });
    expect(config.staticClients[0]).toMatchObject({ id: 'a', secret: 's' });
    expect(config.enablePasswordDb).toBe(true);
  });

  test('two spellings of one key are a problem with both lines', () => {
    const result = loadText('issuer: http://127.0.0.1/dex\nstorage: {type: memory}\nISSUER: http://localhost/dex\n');
    const [problem] = result.ok ? [] : result.problems.filter(({ path }) => path === 'ISSUER');
    expect(problem).toMatchObject({
      line: 3,
      message: expect.stringContaining('the same key as on line 1 (there spelled "issuer"'),
    });
  });

  test('the same key twice is a problem, also in free maps', () => {
    const problems = problemsOf(loadText('issuer: a\nissuer: b\nfrontend: {extra: {x: "1", x: "2"}}\n'));
    expect(problems).toContain('issuer is the same key as on line 1; keep one of them');
    expect(problems).toContain('frontend.extra.x is the same key as on line 3; keep one of them');
  });

  test('names in free maps keep their case', () => {
    expect(configOf(loadFile({ frontend: { extra: { Foo: 'a', foo: 'b' } } })).frontend.extra).toEqual({
      Foo: 'a',
      foo: 'b',
    });
  });

  test('a key without a value counts as absent', () => {
    const text =
      'issuer: http://127.0.0.1/dex\nstorage: {type: memory}\nweb: {http: ":1"}\nconnectors: [{type: mockCallback, id: m, name: M}]\n';
    expect(configOf(loadText(`${text}oauth2:\ngrpc:\nstaticClients: null\n`)).staticClients).toEqual([]);
  });

  test('__proto__ is an unknown key like any other', () => {
    expect(problemsOf(loadText('__proto__: {issuer: http://127.0.0.1/}\n'))).toContainEqual(
      expect.stringContaining('__proto__ is not a known key'),
    );
  });
});

describe('unknown keys', () => {
  test.each([
    [{ isuer: 'x' }, 'isuer is not a known key; did you mean "issuer"?'],
    [{ web: { http: ':1', tlsCrt: 'x' } }, 'web.tlsCrt is not a known key; did you mean "tlsCert"?'],
    [
      { skipApprovalScreen: true },
      'skipApprovalScreen is not a known key here; did you mean oauth2.skipApprovalScreen?',
    ],
    [
      { staticClients: [client({ redirectURI: 'x' })] },
      'staticClients[0].redirectURI is not a known key; did you mean "redirectURIs"?',
    ],
    [
      { connectors: [ldapConnector({ userSearch: { baseDn: 'x', username: 'uid', emailAttribute: 'm' } })] },
      'connectors[0].config.userSearch.emailAttribute is not a known key; known here: baseDN, filter, username, scope, idAttr, emailAttr, nameAttr, preferredUsernameAttr, emailSuffix',
    ],
  ])('%j is told with its path and the likely key', (changes, expected) => {
    expect(problemsOf(loadFile(changes))).toContain(expected);
  });

  test('a misspelled required key is not reported as missing as well', () => {
    const connector = ldapConnector({ userSearch: { basDN: 'dc=x', username: 'uid' } });
    expect(problemsOf(loadFile({ connectors: [connector] }))).toEqual([
      'connectors[0].config.userSearch.basDN is not a known key; did you mean "baseDN"?',
    ]);
  });
});

describe('keys and types known from Dex', () => {
  test.each([
    [{ mfa: { authenticators: [] } }, 'mfa is known from Dex, not served by this version'],
    [
      { grpc: { addr: ':5557' } },
      'grpc is known from Dex, not served by this version: nothing would answer calls of the management API (people of the password database: tessera users); remove the block to go on without it',
    ],
    [{ storage: { type: 'kubernetes' } }, 'storage.type is "kubernetes", a storage type known from Dex, not served'],
    [
      { connectors: [{ type: 'github', id: 'g', name: 'G', config: {} }] },
      'connectors[0].type is "github", a connector type known from Dex, not served by this version; the connector types are ldap, oidc, mockCallback, mockPassword; remove this entry to go on without it',
    ],
    [
      { connectors: [{ type: 'saml', id: 's', name: 'S' }] },
      'connectors[0].type is "saml", a connector type known from Dex',
    ],
    [
      { connectors: [ldapConnector({ kerberos: { enabled: true } })] },
      'connectors[0].config.kerberos is known from Dex, not served',
    ],
  ])('%j cannot work and is refused', (changes, expected) => {
    expect(problemsOf(loadFile(changes))).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    [{ storage: { type: 'postgre' } }, 'storage.type is not a known storage type; did you mean "postgres"?'],
    [{ storage: {} }, 'storage.type is required: the storage types are memory, sqlite3, postgres'],
    [
      { connectors: [{ type: 'LDAP', id: 'l', name: 'L' }] },
      'connectors[0].type is not a known connector type; did you mean "ldap"?',
    ],
    [{ signer: { type: 'hsm' } }, 'signer.type is not a known signer type (the signer types are local, vault, pkcs11)'],
  ])('%j is not known at all', (changes, expected) => {
    expect(problemsOf(loadFile(changes))).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    [{ telemetry: { enableProfiling: true } }, 'telemetry.enableProfiling'],
    [{ staticClients: [client({ mfaChain: ['totp'] })] }, 'staticClients[0].mfaChain'],
    [{ sessions: { cookieEncryptionKey: 'x' } }, 'sessions.cookieEncryptionKey'],
    [{ oauth2: { grantTypes: ['authorization_code', 'implicit'] } }, 'oauth2.grantTypes[1]'],
  ])('%j is harmless and only warned about', (changes, path) => {
    expect(warningsOf(loadFile(changes))).toContainEqual(
      expect.stringMatching(`^line \\d+: ${path.replace(/[[\]]/g, '\\$&')} .*(not serve|no effect)`),
    );
  });

  test.each([
    { telemetry: { enableProfiling: false } },
    { staticClients: [client({ mfaChain: [] })] },
    { sessions: { cookieEncryptionKey: '' } },
    { connectors: [{ type: 'mockCallback', id: 'm', name: 'M' }, ldapConnector({ kerberos: { enabled: false } })] },
  ])('%j asks for nothing and is silent', (changes) => {
    expect(warningsOf(loadFile(changes)).filter((warning) => warning.includes('not served'))).toEqual([]);
  });
});
