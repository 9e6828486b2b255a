import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatScope, isNarrowerScope, isScopeToken, peersOfScopes, splitScope } from './scopes.ts';

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
  it('RFC 6749 §3.3: keeps the order, drops repetitions and tolerates extra spaces', () => {
    expect(splitScope('  openid email  openid profile ')).toEqual(['openid', 'email', 'profile']);
  });

  it('RFC 6749 §3.3: no parameter and an empty one are no scope', () => {
    expect(splitScope(undefined)).toEqual([]);
    expect(splitScope('')).toEqual([]);
  });

  it.each(['back\\slash', 'quo"te', 'tab\topenid', 'line\n', 'é', 'audience:server:client_id:a"b'])(
    'RFC 6749 §3.3: %j is no scope, and makes all of them malformed',
    (token) => {
      expect(isScopeToken(token)).toBe(false);
      expect(splitScope(`openid ${token}`)).toBeUndefined();
    },
  );

  it('RFC 6749 §3.3: an endless text is malformed', () => {
    expect(splitScope('a '.repeat(2048))).toEqual(['a']);
    expect(splitScope('a '.repeat(2049))).toBeUndefined();
  });

  it('RFC 6749 §3.3: what it gives can be written again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const scopes = splitScope(text);
        if (scopes !== undefined) expect(splitScope(formatScope(scopes))).toEqual(scopes);
      }),
    );
  });

  it('reads its own spelling again', () => {
    const token = fc.stringMatching(/^[!#-[\]-~]{1,40}$/);
    fc.assert(
      fc.property(fc.uniqueArray(token), (tokens) => {
        expect(splitScope(formatScope(tokens))).toEqual(tokens);
      }),
    );
  });
});

describe('peersOfScopes', () => {
  it('reads the peers of audience scopes in order, and nothing else', () => {
    const scopes = ['audience:server:client_id:b', 'openid', 'audience:server:client_id:a:1'];
    expect(peersOfScopes(scopes)).toEqual(['b', 'a:1']);
    expect(peersOfScopes(['audience:server:client_id:', 'audience:server:', 'Audience:server:client_id:a'])).toEqual(
      [],
    );
  });
});
