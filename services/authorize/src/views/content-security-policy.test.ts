import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy, formTarget, frameOrigin } from './content-security-policy.ts';

const FIXED = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:";

describe('contentSecurityPolicy', () => {
  it('N69, N70: allows our own files only, no frames and no base', () => {
    expect(contentSecurityPolicy({ images: [undefined, 'https://cdn.example/logo.png'] })).toBe(
      `${FIXED}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    );
  });

  it('lets a form end up where the redirect URI and its own redirects lead, and a picture come from its plain origin', () => {
    const policy = contentSecurityPolicy({
      redirectUri: 'https://app.example.com:8443/callback?x=1',
      images: ['http://localhost:9000/a.png', 'http://localhost:9000/b.png', '/dex/static/logo.png'],
    });
    expect(policy).toBe(
      `${FIXED} http://localhost:9000; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'`,
    );
  });

  it('OIDC Front-Channel Logout §3: frames are of exactly the origins that are named', () => {
    const frames = ['https://a.example/out?sid=1', 'https://a.example/two', 'http://localhost:8080/out', 'about:blank'];
    const policy = contentSecurityPolicy({ images: [], frames });
    expect(policy).toContain("; frame-src https://a.example http://localhost:8080; form-action 'self'; ");
    for (const address of ['https://a;script-src/', 'https://a,b/', 'https://[::1]/', 'javascript:x', 'https://u@a/']) {
      expect(frameOrigin(address)).toBeUndefined();
    }
  });

  it('lets a form lead on by way of others', () => {
    const formTargets = ['https://upstream.example/', 'http://id.example/', 'javascript:x'];
    const policy = contentSecurityPolicy({ redirectUri: 'com.example.app:/out', images: [], formTargets });
    expect(policy).toContain("; form-action 'self' com.example.app: https: http:; ");
  });

  it.each([
    ['https://app.example.com/cb', 'https:'],
    ['http://127.0.0.1:5555/cb', 'http:'],
    ['http://[::1]:5555/cb', 'http:'],
    ['com.example.app:/cb', 'com.example.app:'],
    ['javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
    ['urn:ietf:wg:oauth:2.0:oob', undefined],
    ["https://a;script-src'unsafe-inline'/", 'https:'],
    ['https://a,b/', 'https:'],
    ['not an address', undefined],
  ])('RFC 8252 §7: a form may lead to %s by %s', (redirectUri, source) => {
    expect(formTarget(redirectUri)).toBe(source);
  });

  it('N10: no redirect URI and no picture can add a directive', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, host) => {
        for (const address of [text, `https://${host}/`, `http://${host}/`, `x${host}:y`]) {
          const policy = contentSecurityPolicy({ redirectUri: address, images: [address] });
          expect(policy.split(';')).toHaveLength(7);
          expect(policy).toMatch(/^[\x20-\x7e]+$/);
          expect(policy).not.toContain(',');
        }
      }),
    );
  });
});
