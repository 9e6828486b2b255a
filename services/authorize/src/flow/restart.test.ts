import { createParameters, parseFormParameters } from '@tessera/oauth';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backParameter, parseBack, restartHref } from './restart.ts';

describe('parseBack', () => {
  it.each([
    'https://evil.example/dex/auth?x',
    '//evil.example/dex/auth?x',
    '/\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    ' /dex/auth?x',
    '/dex/auth?x#y',
    '/dex/auth?x\r\nset-cookie: a=b',
    '/dex/auth',
    '/dex/auth/ldap?x',
    '/dex/logout?x',
    '/dex/device',
    '/dex/device/auth/verify_code?x',
    '//evil.example/dex/device?x',
    '/dex/../auth?x',
    '/dexter/auth?x',
    '/auth?x',
    'javascript:alert(1)',
    `/dex/auth?${'x'.repeat(5_000)}`,
    '',
    undefined,
  ])('N11: %j is no way back', (back) => {
    expect(parseBack('/dex', back)).toBeUndefined();
  });

  it('N11: whatever comes, only the authorization endpoint of this very server is a way back', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.string().map((text) => `/dex/auth?${text}`),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const back = parseBack('/dex', text);
        if (back === undefined) return;
        const url = new URL(back, 'https://id.example.com');
        expect([url.origin, url.pathname, url.hash]).toEqual(['https://id.example.com', '/dex/auth', '']);
      }),
    );
  });

  it('RFC 8628 §3.3: takes the page for user codes', () => {
    expect(parseBack('/dex', '/dex/device?user_code=BCDF-GHJK')).toBe('/dex/device?user_code=BCDF-GHJK');
  });

  it('takes every restart that is short enough to be handed on', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string({ unit: 'binary' }))), (pairs) => {
        const wellFormed = pairs.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()] as const);
        const restart = restartHref('/dex', createParameters(wellFormed));
        const back = backParameter(restart);
        if (back !== undefined) expect(parseBack('/dex', back)).toBe(restart);
      }),
    );
  });
});

describe('backParameter', () => {
  it('leaves a long restart out, counted as it stands in an address', () => {
    expect(backParameter(`/dex/auth?${'x'.repeat(4_000)}`)).toBeDefined();
    expect(backParameter(`/dex/auth?${'x'.repeat(4_100)}`)).toBeUndefined();
    expect(backParameter(`/dex/auth?${'%20'.repeat(1_000)}`)).toBeUndefined();
  });
});

describe('restartHref', () => {
  it('is the same request without the connector that was chosen', () => {
    const outcome = parseFormParameters('client_id=app&connector_id=ldap&state=a%26b%20c&empty=');
    expect(outcome.ok && restartHref('/dex', outcome.parameters)).toBe('/dex/auth?client_id=app&state=a%26b+c');
  });
});
