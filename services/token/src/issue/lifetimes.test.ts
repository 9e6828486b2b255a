import { expect, it } from 'vitest';
import { expiriesAt, idleExpiry, refreshRules } from './lifetimes.ts';

const expiry = {
  signingKeysSeconds: 1,
  masterSecretsSeconds: 1,
  idTokensSeconds: 200,
  accessTokensSeconds: 100,
  authCodesSeconds: 1,
  authRequestsSeconds: 1,
  deviceRequestsSeconds: 1,
  refreshTokens: {
    disableRotation: true,
    reuseIntervalSeconds: 3,
    validIfNotUsedForSeconds: 50,
    absoluteLifetimeSeconds: 1000,
  },
};
const now = new Date(1_000_000);
const common = { settings: {} };

it('a client without lifetimes of its own has the configured ones', () => {
  expect(expiriesAt(now, expiry, common)).toEqual({
    accessToken: new Date(1_100_000),
    idToken: new Date(1_200_000),
    lastToken: new Date(1_200_000),
    refreshFamily: new Date(2_000_000),
  });
  expect(idleExpiry(now, expiry, common)).toEqual(new Date(1_050_000));
});

it('lifetimes of a client win, 0 included', () => {
  const refreshTokens = { absoluteLifetimeSeconds: 0, validIfNotUsedForSeconds: 0 };
  const client = { settings: { accessTokenLifetimeSeconds: 300, idTokenLifetimeSeconds: 10, refreshTokens } };
  expect(expiriesAt(now, expiry, client)).toEqual({
    accessToken: new Date(1_300_000),
    idToken: new Date(1_010_000),
    lastToken: new Date(1_300_000),
    refreshFamily: undefined,
  });
  expect(idleExpiry(now, expiry, client)).toBeUndefined();
});

it('RFC 9700 §4.14.2: a client’s usage decides on rotation, else the configuration does', () => {
  expect(refreshRules(common, expiry)).toEqual({
    rotates: false,
    reuseIntervalSeconds: 3,
    validIfNotUsedForSeconds: 50,
    absoluteLifetimeSeconds: 1000,
  });
  const rotates = (usage: 'one-time' | 'reusable') =>
    refreshRules({ settings: { refreshTokens: { usage, reuseIntervalSeconds: 0 } } }, expiry);
  expect(rotates('one-time')).toMatchObject({ rotates: true, reuseIntervalSeconds: 0 });
  expect(rotates('reusable').rotates).toBe(false);
});
