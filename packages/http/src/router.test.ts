import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RouteName, routeTable } from './route-table.ts';
import { createRouter, routePaths } from './router.ts';
import { splitTarget } from './target.ts';

const names = Object.keys(routeTable) as RouteName[];
const router = createRouter('/dex', names);

test('each route is found by its path, and by no other row of the table', () => {
  for (const name of names) {
    for (const path of routePaths('/dex', routeTable[name])) {
      expect(router(path.replaceAll(/:\w+/g, 'x1'))).toMatchObject({ name });
    }
  }
});

test('RFC 8414 §3.1, §5: both metadata documents stand below the issuer’s path, and at the root with that path behind the name', () => {
  for (const [document, name] of [
    ['openid-configuration', 'discovery'],
    ['oauth-authorization-server', 'serverMetadata'],
  ]) {
    expect(router(`/dex/.well-known/${document}`)?.name).toBe(name);
    expect(router(`/.well-known/${document}/dex`)?.name).toBe(name);
    for (const other of [
      `/.well-known/${document}`,
      `/.well-known/${document}/`,
      `/.well-known/${document}/dex/`,
      `/.well-known/${document}/Dex`,
      `/.well-known/${document}/dex/other`,
      `/.well-known/${document}/other`,
      `/.well-known/${document}//dex`,
      `/dex/.well-known/${document}/dex`,
      `/dex/.well-known/${document}/`,
    ]) {
      expect([other, router(other)]).toEqual([other, undefined]);
    }
  }
});

test('RFC 8414 §3.1: an issuer with a path of several segments, whatever they look like, has the whole of it behind the name', () => {
  const deep = createRouter('/a/:b/.well-known/c%20d', names);
  for (const path of [
    '/.well-known/oauth-authorization-server/a/:b/.well-known/c%20d',
    '/a/:b/.well-known/c%20d/.well-known/oauth-authorization-server',
  ]) {
    expect(deep(path)?.name).toBe('serverMetadata');
    expect(deep(path.replace(':b', 'b'))).toBeUndefined();
  }
  expect(deep('/a/:b/.well-known/c%20d/auth/ldap')).toMatchObject({
    name: 'connectorLogin',
    segments: { connector: 'ldap' },
  });
  expect(deep('/a/b/.well-known/c%20d/auth/ldap')).toBeUndefined();
});

test('RFC 8414 §3.1: an issuer without a path has each document at one address', () => {
  const bare = createRouter('', names);
  expect(bare('/.well-known/openid-configuration')?.name).toBe('discovery');
  expect(bare('/.well-known/oauth-authorization-server')?.name).toBe('serverMetadata');
  expect(bare('/.well-known/oauth-authorization-server/dex')).toBeUndefined();
  for (const name of names) expect(routePaths('', routeTable[name])).toHaveLength(1);
  expect([router('/dex')?.name, router('/dex/'), router('/')]).toEqual(['home', undefined, undefined]);
});

test('RFC 9728 §3: there is no metadata of a protected resource, at no address', () => {
  for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/dex']) {
    expect([router(path), router(`/dex${path}`)]).toEqual([undefined, undefined]);
  }
});

test('a segment is percent-decoded once', () => {
  expect(router('/dex/auth/my%20%25ldap')?.segments).toEqual({ connector: 'my %ldap' });
  expect(router('/dex/auth/%252e%252e')?.segments).toEqual({ connector: '%2e%2e' });
});

test('N2: no path whatever makes the router fail, or gives a segment with a slash or a control character', () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom('dex', 'auth', 'login', 'static', '..', '%2f', '%', '%5c', '%00', ''),
  );
  const path = fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(path, (text) => {
      for (const value of Object.values(router(text)?.segments ?? {})) expect(value).toMatch(/^[^/\\\p{Cc}]+$/u);
    }),
  );
});

test('RFC 9112 §3.2: a target is split at its first question mark, and never decoded', () => {
  expect(splitTarget('/a%2fb?c=d?e')).toEqual({ path: '/a%2fb', queryString: 'c=d?e' });
  expect(splitTarget('http://x:1/a?b')).toEqual({ path: '/a', queryString: 'b' });
  expect(splitTarget('?b')).toEqual({ path: '', queryString: 'b' });
  expect(splitTarget('//x/a')).toEqual({ path: '//x/a', queryString: '' });
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { path, queryString } = splitTarget(`/${text}`);
      expect(text.includes('?') ? `${path}?${queryString}` : path).toBe(`/${text}`);
      expect(path).not.toContain('?');
    }),
  );
});
