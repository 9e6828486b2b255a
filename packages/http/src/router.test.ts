import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RouteName, routeTable } from './route-table.ts';
import { createRouter, routePath } from './router.ts';
import { splitTarget } from './target.ts';

const names = Object.keys(routeTable) as RouteName[];
const router = createRouter('/dex', names);

test('each route is found by its path, and by no other row of the table', () => {
  for (const name of names) {
    const path = routePath('/dex', routeTable[name]).replaceAll(/:\w+/g, 'x1');
    expect(router(path)).toMatchObject({ name });
  }
});

test('RFC 8414 §3.1: the server metadata stands before the issuer’s path, everything else below it', () => {
  expect(router('/.well-known/oauth-authorization-server/dex')?.name).toBe('serverMetadata');
  expect(router('/dex/.well-known/openid-configuration')?.name).toBe('discovery');
  expect(router('/.well-known/openid-configuration')).toBeUndefined();
  expect([router('/dex')?.name, router('/dex/'), router('/')]).toEqual(['home', undefined, undefined]);
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
