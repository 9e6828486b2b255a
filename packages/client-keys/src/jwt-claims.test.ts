import { epochSeconds } from '@tessera/clock';
import { expect, test } from 'vitest';
import { checkJwtTimes, isAudienceOnly, isKeepableId } from './jwt-claims.ts';

const now = new Date('2026-01-01T00:00:00Z');
const at = (seconds: number) => epochSeconds(now) + seconds;

function reasonOf(claims: Readonly<Record<string, unknown>>, needsExpiry = true): string | undefined {
  const outcome = checkJwtTimes(claims, { now, needsExpiry });
  return outcome.ok ? undefined : outcome.reason;
}

test('RFC 7523 §3 item 4: exp must be there, not past by more than 10 s, and at most a day ahead', () => {
  expect(reasonOf({})).toBe('no-expiry');
  expect(reasonOf({}, false)).toBeUndefined();
  expect(reasonOf({ exp: at(-10) }, false)).toBe('expired');
  expect(reasonOf({ exp: at(-9) })).toBeUndefined();
  expect(reasonOf({ exp: at(86_400) })).toBeUndefined();
  expect(reasonOf({ exp: at(86_401) })).toBe('lives-too-long');
});

test('N28: what is to be remembered lasts as long as the token is accepted', () => {
  const outcome = checkJwtTimes({ exp: at(60) }, { now, needsExpiry: true });
  expect(outcome).toEqual({ ok: true, expiresAt: new Date((at(60) + 10) * 1000) });
  const later = new Date((at(60) + 10) * 1000);
  expect(checkJwtTimes({ exp: at(60) }, { now: later, needsExpiry: true })).toEqual({ ok: false, reason: 'expired' });
});

test('RFC 7523 §3 items 5 and 6: nbf and iat may be a little in the future, as clocks differ', () => {
  for (const name of ['nbf', 'iat']) {
    expect(reasonOf({ exp: at(300), [name]: at(8) })).toBeUndefined();
    expect(reasonOf({ exp: at(300), [name]: at(60) })).toBeUndefined();
    expect(reasonOf({ exp: at(300), [name]: at(61) })).toBe('not-yet-valid');
  }
});

test('RFC 7519 §2: a time that is no number is refused', () => {
  for (const value of ['1767225700', null, -1, 1e300, [], true]) {
    expect(reasonOf({ exp: value })).toBe('bad-time');
    expect(reasonOf({ exp: at(60), nbf: value })).toBe('bad-time');
    expect(reasonOf({ exp: at(60), iat: value })).toBe('bad-time');
  }
});

test('N35: an audience is ours alone, or not ours', () => {
  const ours = ['https://id.example', 'https://id.example/token'];
  expect(isAudienceOnly('https://id.example', ours)).toBe(true);
  expect(isAudienceOnly([...ours], ours)).toBe(true);
  for (const aud of [undefined, '', 'https://id.example/', [], ['https://id.example', 'https://other'], [7], {}]) {
    expect(isAudienceOnly(aud, ours)).toBe(false);
  }
});

test('N86: an id that is to be kept is a text of bounded length that stores can hold', () => {
  expect(isKeepableId('x'.repeat(256))).toBe(true);
  for (const value of [undefined, '', 7, 'x'.repeat(257), 'a\0b', '\ud800']) expect(isKeepableId(value)).toBe(false);
});
