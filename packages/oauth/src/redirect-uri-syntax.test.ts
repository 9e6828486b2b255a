import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRedirectUri, MAX_REDIRECT_URI_LENGTH } from './redirect-uri-syntax.ts';

function problemOf(uri: string): string | undefined {
  const check = checkRedirectUri(uri);
  return check.ok ? undefined : check.reason;
}

describe('checkRedirectUri', () => {
  it.each([
    'https://client.example',
    'https://client.example/cb',
    'https://client.example:8443/cb?dummy1=lorem&dummy2=ipsum',
    'https://Client.Example/cb;v=1/file.name..ext/...',
    'https://client.example/caf%C3%A9?next=%2Fhome%2F..',
    'https://xn--bcher-kva.example/cb',
    'http://127.0.0.1:49152/cb',
    'http://[::1]:49152/',
    'http://localhost/cb',
    'com.example.app:/oauth2redirect',
    'com.example.app://callback/path',
  ])('RFC 6749 §3.1.2: accepts %s', (uri) => {
    expect(problemOf(uri)).toBeUndefined();
  });

  it.each([
    'https://client.example/a/../cb',
    'https://client.example/a/./cb',
    'https://client.example/..',
    'https://client.example/a/..%2Fcb',
    'https://client.example/a/%2e%2e/cb',
    'https://client.example/a/.%2E/cb',
    'https://client.example/a%2f..%2fcb',
    'https://client.example/a/%252e%252e/cb',
    'https://client.example/a/..%252Fcb',
    'https://client.example/a/%25252e%25252e/cb',
    'https://client.example/a/%c0%ae%c0%ae/cb',
    'com.example.app:/a/../cb',
  ])('N2: %s walks the path and is refused', (uri) => {
    expect(problemOf(uri)).toBe('dot-segment');
  });

  it('N2: more layers of encoding than anyone needs are refused', () => {
    expect(problemOf(`https://client.example/%${'25'.repeat(10)}41`)).toBe('dot-segment');
  });

  it.each([
    'https://client.example/a/..;/cb',
    'https://client.example/a/..;x=1/cb',
    'https://client.example/a/..%3b/cb',
    'https://client.example/a/%2e%2e%3Bx/cb',
    'https://client.example/a/.;/cb',
  ])('N3: %s hides a dot segment behind a path parameter', (uri) => {
    expect(problemOf(uri)).toBe('dot-segment');
  });

  it.each([
    'https://user@client.example/cb',
    'https://user:password@client.example/cb',
    'https://client.example@evil.example/cb',
    'https://a@b@client.example/cb',
    'https://@client.example/cb',
    'https://client.example%40evil.example/cb',
    'com.example.app://user@host/cb',
  ])('N5: %s has user information', (uri) => {
    expect(problemOf(uri)).toBe('userinfo');
  });

  it.each([
    'https://client.example\\@evil.example/cb',
    'https://client.example/a b',
    'https://client.example/\tcb',
    'https://client.example/cb\n',
    '\u0000https://client.example/cb',
    ' https://client.example/cb',
    'https://client.example/é',
    'https://client.example/"><script>',
    "https://client.example/<img/onerror='x'>",
    'https://client.example/%zz',
    'https://client.example/%0d%0aSet-Cookie:x=y',
    'https://client.example/a%5Cb',
    'https://client.example/cb?a=%00',
  ])('N10: %j has characters no URI has, or control bytes in disguise', (uri) => {
    expect(problemOf(uri)).toBe('illegal-character');
  });

  it.each(['code', 'state', 'iss', 'error', 'error_description', 'id_token', 'access_token', 'response'])(
    'N6: %s may not be pre-seeded in the query',
    (name) => {
      expect(problemOf(`https://client.example/cb?${name}=x`)).toBe('response-parameter');
      expect(problemOf(`https://client.example/cb?a=1&${name}`)).toBe('response-parameter');
      expect(problemOf(`com.example.app:/cb?${name}=x`)).toBe('response-parameter');
      expect(problemOf(`https://client.example/cb?x${name}=x`)).toBeUndefined();
    },
  );

  it.each(['co%64e=x', 'CODE=x', 'code[]=x', 'a=1;code=x', '+code=x', 'code%5B0%5D=x'])(
    'N6: another spelling of a response parameter is refused: %s',
    (query) => {
      expect(problemOf(`https://client.example/cb?${query}`)).toBe('response-parameter');
    },
  );

  it.each(['https://client.example/cb#', 'https://client.example/cb#code=x', 'com.example.app:/cb#x'])(
    'N6: %s has a fragment, which could carry a response',
    (uri) => {
      expect(problemOf(uri)).toBe('fragment');
    },
  );

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'DATA:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'about:blank',
    'blob:https://client.example/x',
    'ftp://client.example/',
    'urn:ietf:wg:oauth:2.0:oob',
    'myapp:/cb',
    '.a:/cb',
    'a..b:/cb',
  ])('N9: the scheme of %s is not on the list', (uri) => {
    expect(['scheme-not-allowed', 'not-absolute']).toContain(problemOf(uri));
  });

  it.each(['', '/cb', '//client.example/cb', 'client.example/cb', 'https:', 'https:/cb', 'https:client.example/cb'])(
    'RFC 6749 §3.1.2: %j is not absolute',
    (uri) => {
      expect(problemOf(uri)).toBe('not-absolute');
    },
  );

  it.each([
    'https:///cb',
    'https://:443/cb',
    'https://client.example:/cb',
    'https://client.example:99999/cb',
    'https://client.example:port/cb',
    'https://127.1/cb',
    'https://0x7f000001/cb',
    'http://[0:0:0:0:0:0:0:1]/cb',
    'http://[::1/cb',
    'https://clie%6et.example/cb',
    'https://a,b/cb',
    'com.example.app://ho%73t/cb',
  ])('N5: the host of %s is read differently by different parsers', (uri) => {
    expect(problemOf(uri)).toBe('host-malformed');
  });

  it('N91: a URI has a greatest length', () => {
    const base = 'https://client.example/';
    expect(problemOf(base + 'a'.repeat(MAX_REDIRECT_URI_LENGTH - base.length))).toBeUndefined();
    expect(problemOf(base + 'a'.repeat(MAX_REDIRECT_URI_LENGTH - base.length + 1))).toBe('too-long');
  });

  it('N5: an accepted web URI means the same to the browser as it says', () => {
    const host = fc.constantFrom('client.example', 'Client.Example:8443', '127.0.0.1', '[::1]:1', 'a@b', '0x7f.1', '');
    const noise = fc.stringMatching(/^[a-z0-9:/?#@%.;\\-]{0,12}$/);
    let acceptedCount = 0;
    fc.assert(
      fc.property(fc.constantFrom('https://', 'http://', 'HTTPS://'), host, noise, (scheme, authority, rest) => {
        const uri = `${scheme}${authority}${rest}`;
        if (checkRedirectUri(uri).ok) {
          acceptedCount += 1;
          const parsed = new URL(uri);
          expect(uri.slice(scheme.length).toLowerCase().startsWith(parsed.hostname)).toBe(true);
          expect(parsed.username + parsed.password + parsed.hash).toBe('');
          expect(uri).toContain(parsed.pathname === '/' ? '' : parsed.pathname);
        }
      }),
      { numRuns: 2000 },
    );
    expect(acceptedCount).toBeGreaterThan(50);
  });
});
