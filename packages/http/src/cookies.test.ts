import { expect, test } from 'vitest';
import { readCookie, setCookie } from './cookies.ts';

test('RFC 6265 §4.1: a cookie is for HTTP only, for its path, and for HTTPS only where it says so', () => {
  const cookie = { name: 'a', value: 'x_-1', path: '/dex', isSecure: true };
  expect(setCookie(cookie)).toBe('a=x_-1; Path=/dex; HttpOnly; SameSite=Lax; Secure');
  expect(setCookie({ ...cookie, isSecure: false, maxAgeSeconds: 0, value: '' })).toBe(
    'a=; Path=/dex; Max-Age=0; HttpOnly; SameSite=Lax',
  );
});

test('RFC 6265 §4.1.1: a part that would become another attribute is refused', () => {
  const cookie = { name: 'a', value: 'x', path: '/', isSecure: true };
  for (const value of ['x; Domain=evil.example', 'a b', 'a,b', 'a\r\nb', '"x"', 'ü']) {
    expect(() => setCookie({ ...cookie, value })).toThrow(TypeError);
  }
  expect(() => setCookie({ ...cookie, path: '/;x' })).toThrow(TypeError);
  expect(() => setCookie({ ...cookie, path: 'x' })).toThrow(TypeError);
  expect(() => setCookie({ ...cookie, name: 'a=b' })).toThrow(TypeError);
});

test('RFC 6265 §5.4: of several cookies with one name the first counts', () => {
  expect(readCookie('x=0; a=1; a=2; =3; b', 'a')).toBe('1');
  expect(readCookie('xa=1', 'a')).toBeUndefined();
  expect(readCookie('b', 'b')).toBeUndefined();
  expect(readCookie(undefined, 'a')).toBeUndefined();
});
