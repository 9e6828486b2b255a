import { describe, expect, test } from 'vitest';
import { configOf, loadFile, problemsOf, warningsOf } from '../testing/config-text.ts';

describe('sessions', () => {
  test('are on by default, with Dex’s lifetimes', () => {
    expect(configOf(loadFile()).sessions).toEqual({
      enabled: true,
      cookieName: 'tessera_session',
      absoluteLifetimeSeconds: 86_400,
      validIfNotUsedForSeconds: 3600,
      rememberMeCheckedByDefault: true,
      ssoSharedWithDefault: 'none',
    });
  });

  test('every key is read; Dex’s cookie key is taken with a word that nothing needs it', () => {
    const result = loadFile({
      sessions: {
        enabled: false,
        cookieName: 'dex_session',
        absoluteLifetime: '2h',
        validIfNotUsedFor: '2h',
        rememberMeCheckedByDefault: false,
        cookieEncryptionKey: 'canary-0123456789',
        ssoSharedWithDefault: 'all',
      },
    });
    expect(configOf(result).sessions).toEqual({
      enabled: false,
      cookieName: 'dex_session',
      absoluteLifetimeSeconds: 7200,
      validIfNotUsedForSeconds: 7200,
      rememberMeCheckedByDefault: false,
      ssoSharedWithDefault: 'all',
    });
    expect(warningsOf(result)).toContainEqual(
      expect.stringMatching(/sessions\.cookieEncryptionKey .*the cookie carries only an identifier and a proof/),
    );
    expect(JSON.stringify(result)).not.toContain('canary');
  });

  test.each([
    [{ validIfNotUsedFor: '25h' }, 'sessions.validIfNotUsedFor must be at most absoluteLifetime (24h)'],
    [{ validIfNotUsedFor: '0s' }, 'sessions.validIfNotUsedFor must be longer than 0'],
    [
      { absoluteLifetime: '30m' },
      'sessions.validIfNotUsedFor is 1h when left out, longer than absoluteLifetime (30m); write a shorter one',
    ],
    [{ absoluteLifetime: '1d' }, 'sessions.absoluteLifetime is not a duration'],
    [{ cookieName: 'a b' }, 'sessions.cookieName must be the name of a cookie'],
    [{ cookieName: '' }, 'sessions.cookieName must be the name of a cookie'],
    [{ cookieName: '__Host-session' }, 'sessions.cookieName must not begin with __Host- or __Secure-'],
    [{ ssoSharedWithDefault: 'al' }, 'sessions.ssoSharedWithDefault must be one of none, all; did you mean "all"?'],
    [{ absoluteLifeTimes: '1h' }, 'did you mean "absoluteLifetime"?'],
  ])('%j is refused', (sessions, expected) => {
    expect(problemsOf(loadFile({ sessions }))).toEqual([expect.stringContaining(expected)]);
  });
});
