import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatScope, isNarrowerScope, parseScope, splitScope } from './scopes.ts';

describe('parseScope', () => {
  it('RFC 6749 §3.3: keeps the order, drops repetitions and tolerates extra spaces', () => {
    const scope = parseScope('  openid email  openid profile ');
    expect(scope.scopes).toEqual(['openid', 'email', 'profile']);
    expect(scope.unrecognized).toEqual([]);
  });

  it('RFC 6749 §3.3: no parameter and an empty one are no scope', () => {
    expect(parseScope(undefined).scopes).toEqual([]);
    expect(parseScope('').scopes).toEqual([]);
  });

  it.each([
    ['openid', 'hasOpenid'],
    ['offline_access', 'hasOfflineAccess'],
    ['email', 'hasEmail'],
    ['profile', 'hasProfile'],
    ['groups', 'hasGroups'],
    ['address', 'hasAddress'],
    ['phone', 'hasPhone'],
    ['federated:id', 'hasFederatedId'],
  ] as const)('OIDC Core §5.4: %s is known and sets its own flag alone', (name, flag) => {
    const scope = parseScope(name);
    const flags = Object.entries(scope).filter(([, value]) => value === true);
    expect(flags.map(([key]) => key)).toEqual([flag]);
    expect(scope.unrecognized).toEqual([]);
  });

  it('reads the peers of audience scopes in order', () => {
    const scope = parseScope('audience:server:client_id:b openid audience:server:client_id:a:1');
    expect(scope.peers).toEqual(['b', 'a:1']);
    expect(scope.scopes).toEqual(['audience:server:client_id:b', 'openid', 'audience:server:client_id:a:1']);
  });

  it.each([
    'admin',
    'OpenID',
    'audience:server:client_id:',
    'audience:server:',
    'back\\slash',
    'quo"te',
    'tab\topenid',
    'é',
  ])('RFC 6749 §3.3: %j is unrecognized and never among the scopes', (token) => {
    const scope = parseScope(`openid ${token}`);
    expect(scope.unrecognized).toEqual([token]);
    expect(scope.scopes).toEqual(['openid']);
  });

  it('RFC 6749 §3.3: a peer outside the token charset is unrecognized', () => {
    expect(parseScope('audience:server:client_id:a"b').peers).toEqual([]);
  });

  it('reads its own spelling again', () => {
    const token = fc.constantFrom('openid', 'email', 'groups', 'audience:server:client_id:x', 'federated:id');
    fc.assert(
      fc.property(fc.uniqueArray(token), (tokens) => {
        expect(parseScope(formatScope(tokens)).scopes).toEqual(tokens);
      }),
    );
  });
});

describe('isNarrowerScope', () => {
  it('RFC 6749 §6: the same or fewer scopes may be asked at a refresh, never more', () => {
    expect(isNarrowerScope(['email'], ['openid', 'email'])).toBe(true);
    expect(isNarrowerScope(['openid', 'email'], ['email', 'openid'])).toBe(true);
    expect(isNarrowerScope([], ['openid'])).toBe(true);
    expect(isNarrowerScope(['openid', 'groups'], ['openid', 'email'])).toBe(false);
  });

  it('N25: narrower first does not widen later', () => {
    expect(isNarrowerScope(['openid', 'email'], ['openid'])).toBe(false);
  });
});

describe('splitScope', () => {
  it('RFC 6749 §3.3: each scope once, in order; another character or an endless text is malformed', () => {
    expect(splitScope(undefined)).toEqual([]);
    expect(splitScope('  api  openid api ')).toEqual(['api', 'openid']);
    for (const text of ['a"b', 'a\\b', 'a\tb', 'é', 'a\n', 'a '.repeat(2049)]) {
      expect(splitScope(text)).toBeUndefined();
    }
  });

  it('RFC 6749 §3.3: what it gives can be written again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const scopes = splitScope(text);
        if (scopes !== undefined) expect(splitScope(formatScope(scopes))).toEqual(scopes);
      }),
    );
  });
});
