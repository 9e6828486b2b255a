import { createSecretRing } from '@tessera/credentials';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forgetSessionCookie,
  hasSessionCookie,
  readSessionCookie,
  type SessionCookieOptions,
  sessionCookie,
} from './session-cookie.ts';

const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(1)]]), 1);
const options: SessionCookieOptions = { name: 'tessera_session', scope: { path: '/dex', isSecure: false }, ring };
const secure: SessionCookieOptions = { ...options, scope: { path: '/dex', isSecure: true } };
const ticket = { sessionId: 'aB3-_'.repeat(5), signIns: 2 };

function cookieValue(line: string): string {
  return line.slice(line.indexOf('=') + 1, line.indexOf(';'));
}

function read(value: string, name = 'tessera_session', of: SessionCookieOptions = options) {
  return readSessionCookie({ cookie: (asked) => (asked === name ? value : undefined) }, of);
}

describe('the cookie of a session', () => {
  it('says which session and which sign-in, and proves it', () => {
    expect(read(cookieValue(sessionCookie(options, ticket)))).toEqual(ticket);
    expect(readSessionCookie({ cookie: () => undefined }, options)).toBeUndefined();
  });

  it.each([
    [options, undefined, /^tessera_session=\S+; Path=\/dex; HttpOnly; SameSite=Lax$/],
    [options, 60, /^tessera_session=\S+; Path=\/dex; Max-Age=60; HttpOnly; SameSite=Lax$/],
    [secure, undefined, /^__Host-tessera_session=\S+; Path=\/; HttpOnly; SameSite=Lax; Secure$/],
    [{ ...secure, name: '__Host-own' }, 60, /^__Host-own=\S+; Path=\/; Max-Age=60; HttpOnly; SameSite=Lax; Secure$/],
  ])('N53: has the attributes of what only this host may set (%#)', (of, maxAge, line) => {
    expect(sessionCookie(of, ticket, maxAge)).toMatch(line);
    expect(forgetSessionCookie(of)).toMatch(/^(?:__Host-)?\w+=; Path=\S+ Max-Age=0; HttpOnly/);
  });

  it('N53: of an https issuer is not taken without the prefix, under which no other host can plant it', () => {
    const value = cookieValue(sessionCookie(secure, ticket));
    expect(read(value, '__Host-tessera_session', secure)).toEqual(ticket);
    expect(read(value, 'tessera_session', secure)).toBeUndefined();
    expect(hasSessionCookie({ cookie: () => value }, secure)).toBe(true);
    expect(hasSessionCookie({ cookie: () => undefined }, secure)).toBe(false);
  });

  it('N65: the id alone, which is published as sid, opens nothing', () => {
    const [id, count, mac] = cookieValue(sessionCookie(options, ticket)).split('.');
    for (const forged of [
      id,
      `${id}.${count}`,
      `${id}.${count}.`,
      `${id}.1.${mac}`,
      `${id}.02.${mac}`,
      `.${count}.${mac}`,
    ]) {
      expect(read(forged ?? '')).toBeUndefined();
    }
    const foreign = createSecretRing(new Map([[1, new Uint8Array(32).fill(2)]]), 1);
    expect(read(cookieValue(sessionCookie({ ...options, ring: foreign }, ticket)))).toBeUndefined();
  });

  it('N65: changed anywhere, it opens nothing', () => {
    const value = cookieValue(sessionCookie(options, ticket));
    fc.assert(
      fc.property(
        fc.nat(value.length - 1),
        fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '-', '_', '.'),
        (index, letter) => {
          const changed = `${value.slice(0, index)}${letter}${value.slice(index + 1)}`;
          return changed === value || read(changed) === undefined;
        },
      ),
    );
    fc.assert(fc.property(fc.string(), (text) => read(text) === undefined));
  });

  it('made with an earlier key is good until that key is gone', () => {
    const both = createSecretRing(
      new Map([
        [1, new Uint8Array(32).fill(1)],
        [2, new Uint8Array(32).fill(2)],
      ]),
      2,
    );
    const value = cookieValue(sessionCookie(options, ticket));
    expect(read(value, 'tessera_session', { ...options, ring: both })).toEqual(ticket);
    const later = createSecretRing(new Map([[2, new Uint8Array(32).fill(2)]]), 2);
    expect(read(value, 'tessera_session', { ...options, ring: later })).toBeUndefined();
  });
});
