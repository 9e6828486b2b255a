import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSafeLocalPath, MAX_LOCAL_PATH_LENGTH } from './local-path.ts';

describe('isSafeLocalPath', () => {
  it('N11: accepts rooted paths at and below the issuer path', () => {
    expect(isSafeLocalPath('/', '')).toBe(true);
    expect(isSafeLocalPath('/auth?client_id=a&redirect_uri=https%3A%2F%2Fx', '')).toBe(true);
    expect(isSafeLocalPath('/dex', '/dex')).toBe(true);
    expect(isSafeLocalPath('/dex/auth/ldap?x=%20', '/dex')).toBe(true);
  });

  it.each([
    '',
    'auth',
    'https://evil.example/',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/a\\b',
    '/a//b',
    '/auth?next=//evil.example',
    '/\t/evil.example',
    '/\n',
    '/a b',
    '/a\u007f',
    '/é',
    '/%09/evil.example',
    '/%2f/evil.example',
    '/%5cevil.example',
    '/%00',
    '/%252e%252e/',
    '/../x',
    '/a/..',
    '/a/%2e%2E/b',
    '/a/..;/b',
    '/.',
    '/a#b',
    `/${'a'.repeat(MAX_LOCAL_PATH_LENGTH)}`,
  ])('N11: refuses %j', (value) => {
    expect(isSafeLocalPath(value, '')).toBe(false);
  });

  it('N11: the issuer path ends at a segment', () => {
    expect(isSafeLocalPath('/dexevil', '/dex')).toBe(false);
    expect(isSafeLocalPath('/other/dex/', '/dex')).toBe(false);
    expect(isSafeLocalPath('/', '/dex')).toBe(false);
    expect(isSafeLocalPath('/dex?x=1', '/dex')).toBe(true);
  });

  it('N11: what is accepted stays on the own origin for a browser', () => {
    const noise = fc.stringMatching(/^\/[a-c/\\.%25fe?#@:;\t]{0,20}$/);
    fc.assert(
      fc.property(noise, (value) => {
        if (isSafeLocalPath(value, '')) {
          expect(new URL(value, 'https://issuer.example/x/y').origin).toBe('https://issuer.example');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
