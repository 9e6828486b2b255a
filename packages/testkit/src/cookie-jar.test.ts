import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCookieJar, parseSetCookie } from './cookie-jar.ts';

const url = (path: string) => new URL(path, 'https://login.example.com');

test('RFC 6265 §5.4: a cookie is sent to its path and below, longer paths first', () => {
  const jar = createCookieJar();
  jar.store(url('/'), ['a=1; Path=/', 'b=2; Path=/auth']);
  expect(jar.header(url('/'))).toBe('a=1');
  expect(jar.header(url('/auth'))).toBe('b=2; a=1');
  expect(jar.header(url('/auth/ldap'))).toBe('b=2; a=1');
  expect(jar.header(url('/authority'))).toBe('a=1');
});

test('RFC 6265 §5.1.4: without a path a cookie belongs to the directory of the request', () => {
  const jar = createCookieJar();
  jar.store(url('/auth/ldap/login'), ['a=1', 'b=2; Path=relative']);
  expect(jar.header(url('/auth/ldap'))).toBe('a=1; b=2');
  expect(jar.header(url('/auth'))).toBeUndefined();
});

test('A Secure cookie is neither taken from nor sent over plain HTTP', () => {
  const jar = createCookieJar();
  jar.store(new URL('http://login.example.com/'), ['a=1; Secure']);
  expect(jar.all()).toEqual([]);
  jar.store(url('/'), ['a=1; Secure']);
  expect(jar.header(url('/'))).toBe('a=1');
  expect(jar.header(new URL('http://login.example.com/'))).toBeUndefined();
});

test('An HttpOnly cookie is sent, and scripts do not see it', () => {
  const jar = createCookieJar();
  jar.store(url('/'), ['session=1; HttpOnly; SameSite=Lax', 'theme=dark']);
  expect(jar.header(url('/'))).toBe('session=1; theme=dark');
  expect(jar.readableByScripts(url('/'))).toBe('theme=dark');
  expect(jar.all()[0]).toMatchObject({ isHttpOnly: true, sameSite: 'lax' });
});

test('RFC 6265 §5.3: Max-Age wins over Expires, and a time in the past deletes', () => {
  let now = new Date('2026-01-01T00:00:00Z');
  const jar = createCookieJar(() => now);
  jar.store(url('/'), ['a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT']);
  expect(jar.header(url('/'))).toBe('a=1');
  now = new Date('2026-01-01T00:01:00Z');
  expect(jar.header(url('/'))).toBeUndefined();
  jar.store(url('/'), ['b=1', 'c=1']);
  jar.store(url('/'), ['b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'c=; Max-Age=0']);
  expect(jar.all()).toEqual([]);
});

test('Deleting a cookie needs the path it was set with', () => {
  const jar = createCookieJar();
  jar.store(url('/'), ['a=1; Path=/auth']);
  jar.store(url('/'), ['a=; Path=/; Max-Age=0']);
  expect(jar.header(url('/auth'))).toBe('a=1');
});

test('A cookie goes to other hosts only below its own domain, and never to a host that did not set it', () => {
  const jar = createCookieJar();
  jar.store(url('/'), ['own=1', 'shared=1; Domain=.example.com', 'stolen=1; Domain=bank.test']);
  expect(jar.header(new URL('https://app.example.com/'))).toBe('shared=1');
  expect(jar.header(url('/'))).toBe('own=1; shared=1');
  expect(jar.header(new URL('https://bank.test/'))).toBeUndefined();
});

test('RFC 6265bis §4.1.3: a __Host- cookie is taken only when Secure, host-only and for all paths', () => {
  const jar = createCookieJar();
  jar.store(url('/'), [
    '__Host-a=1; Path=/',
    '__Host-b=1; Secure; Path=/auth',
    '__Host-c=1; Secure; Path=/; Domain=login.example.com',
    '__Secure-d=1',
    '__Host-ok=1; Secure; Path=/',
  ]);
  expect(jar.all().map((cookie) => cookie.name)).toEqual(['__Host-ok']);
});

test('RFC 6265 §5.2: any line is read or ignored, and a plain pair is read back', () => {
  fc.assert(
    fc.property(fc.string(), (line) => {
      const cookie = parseSetCookie(line, url('/'), new Date());
      expect(cookie === undefined || cookie.name.length > 0).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[\w.-]{1,20}$/), fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,20}$/), (name, value) => {
      expect(parseSetCookie(`${name}=${value}; Path=/`, url('/'), new Date())).toMatchObject({ name, value });
    }),
  );
});
