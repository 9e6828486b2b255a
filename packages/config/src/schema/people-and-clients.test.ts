import { describe, expect, test } from 'vitest';
import { bcryptHash, client, configOf, loadFile, problemsOf, warningsOf } from '../testing/config-text.ts';

const password = (changes: Record<string, unknown> = {}) => ({
  email: 'ann@example.org',
  userID: '1',
  hash: bcryptHash,
  ...changes,
});

describe('staticClients', () => {
  test.each([
    [[client({ id: undefined })], 'staticClients[0].id is required (or idEnv)'],
    [[client({ name: undefined })], 'staticClients[0].name is required'],
    [
      [client({ secret: '' })],
      expect.stringContaining('staticClients[0].secret is required (or secretEnv, secretFile or secrets)'),
    ],
    [[client(), client()], 'staticClients[1].id is the same as staticClients[0].id'],
    [[client({ redirectURIs: ['/callback'] })], 'staticClients[0].redirectURIs[0] must be an absolute URI'],
    [
      [client({ redirectURIs: ['javascript:alert(1)'] })],
      'staticClients[0].redirectURIs[0] must not use the scheme javascript:',
    ],
    [
      [client({ redirectURIs: ['JavaScript:alert(1)'] })],
      'staticClients[0].redirectURIs[0] must not use the scheme javascript:',
    ],
    [[client({ redirectURIs: ['https://a/ b'] })], 'staticClients[0].redirectURIs[0] must be an absolute URI'],
    [
      [client({ postLogoutRedirectURIs: ['https://a/#x'] })],
      'staticClients[0].postLogoutRedirectURIs[0] must not have a fragment (RFC 6749 §3.1.2)',
    ],
    [
      [client({ logoURL: 'javascript:x' })],
      'staticClients[0].logoURL must be an http or https URL, or a path that begins with a slash',
    ],
    [
      [client({ refreshTokenLifetime: 'forever' })],
      'staticClients[0].refreshTokenLifetime must be one of standalone, session',
    ],
  ])('%j is refused', (staticClients, expected) => {
    expect(problemsOf(loadFile({ staticClients }))).toEqual([expected]);
  });

  test.each([
    'https://a.example.org/cb?x=1',
    'http://127.0.0.1:5555/callback',
    'com.example.app:/cb',
    'urn:ietf:wg:oauth:2.0:oob',
    '/device/callback',
  ])('%s is a redirect URI', (uri) => {
    expect(
      configOf(loadFile({ staticClients: [client({ redirectURIs: [uri] })] })).staticClients[0]?.redirectUris,
    ).toEqual([uri]);
  });

  test.each([
    ['/device/callback', 'the device grant here needs no redirect URI'],
    ['urn:ietf:wg:oauth:2.0:oob', 'the scheme must be https, http, or have a dot (RFC 8252 §7.1)'],
    ['https://ann:pw@a.example.org/cb', 'it has a user name or password'],
    ['https://a.example.org/x/../cb', 'the path has dot segments'],
    ['https://a.example.org/cb?code=1', 'the query has a parameter that belongs to answers'],
  ])('RFC 9700 §4.1: %s is accepted with a warning, because no request may name it', (uri, expected) => {
    const redirectURIs = ['https://a.example.org/cb', uri];
    expect(warningsOf(loadFile({ staticClients: [client({ redirectURIs })] }))).toContainEqual(
      expect.stringContaining(`staticClients[0].redirectURIs[1] is never redirected to: ${expected}`),
    );
  });

  test('RFC 6749 §2.1: a public client needs no secret', () => {
    const [only] = configOf(loadFile({ staticClients: [client({ secret: undefined, public: true })] })).staticClients;
    expect(only).toMatchObject({ isPublic: true });
    expect(only).not.toHaveProperty('secret');
  });

  test('connectors that are not configured are warned about', () => {
    const staticClients = [client({ allowedConnectors: ['mock', 'local', 'ldpa'] })];
    expect(warningsOf(loadFile({ staticClients, enablePasswordDB: true })).join('\n')).toContain(
      'not configured: ldpa',
    );
  });
});

describe('enablePasswordDB and staticPasswords', () => {
  test('the local connector is added last', () => {
    const config = configOf(loadFile({ enablePasswordDB: true }));
    expect(config.connectors.map(({ id }) => id)).toEqual(['mock', 'local']);
    expect(config.connectors[1]).toEqual({ id: 'local', type: 'local', name: 'Email', grantTypes: [], config: {} });
  });

  test('it is enough by itself', () => {
    expect(configOf(loadFile({ enablePasswordDB: true, connectors: undefined })).connectors).toHaveLength(1);
    expect(problemsOf(loadFile({ connectors: [] }))).toEqual([
      'connectors has no entry and enablePasswordDB is off, so nobody could sign in',
    ]);
  });

  test('no other connector may have its id', () => {
    const connectors = [{ type: 'mockCallback', id: 'local', name: 'X' }];
    expect(problemsOf(loadFile({ connectors, enablePasswordDB: true }))).toEqual([
      expect.stringContaining('connectors[0].id is "local"'),
    ]);
    expect(problemsOf(loadFile({ connectors }))).toEqual([]);
  });

  test('a person with all keys', () => {
    const staticPasswords = [
      password({
        username: 'ann',
        name: 'Ann',
        preferredUsername: 'a',
        emailVerified: false,
        groups: ['g'],
        claims: { given_name: 'Ann' },
      }),
      password({ email: 'bob@example.org' }),
    ];
    expect(configOf(loadFile({ enablePasswordDB: true, staticPasswords })).staticPasswords).toEqual([
      {
        email: 'ann@example.org',
        username: 'ann',
        name: 'Ann',
        preferredUsername: 'a',
        emailVerified: false,
        userId: '1',
        groups: ['g'],
        hash: bcryptHash,
        claims: { given_name: 'Ann' },
      },
      {
        email: 'bob@example.org',
        username: '',
        emailVerified: true,
        userId: '1',
        groups: [],
        hash: bcryptHash,
        claims: {},
      },
    ]);
  });

  test.each([
    [[password({ email: '' })], 'staticPasswords[0].email must not be empty'],
    [[password({ email: '  ' })], 'staticPasswords[0].email must not be empty'],
    [
      [password(), password({ email: 'ANN@Example.org' })],
      'staticPasswords[1].email is the same as staticPasswords[0].email (case does not matter)',
    ],
    [[password({ hash: '' })], 'staticPasswords[0].hash is required (or hashFromEnv)'],
    [
      [password({ hash: bcryptHash.replace('$10$', '$17$') })],
      'staticPasswords[0].hash has bcrypt cost 17; it must be 10 to 16',
    ],
    [[password({ userID: undefined })], 'staticPasswords[0].userID is required'],
    [
      [password({ claims: { sub: 'x' } })],
      'staticPasswords[0].claims.sub cannot be set here: another key or the token itself says it',
    ],
  ])('%j is refused', (staticPasswords, expected) => {
    expect(problemsOf(loadFile({ enablePasswordDB: true, staticPasswords }))).toEqual([expected]);
  });

  test('passwords without the database are refused', () => {
    expect(problemsOf(loadFile({ staticPasswords: [password()] }))).toEqual([
      'staticPasswords need enablePasswordDB: true',
    ]);
  });
});
