import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchRedirectUri } from './redirect-uri.ts';

function accepts(requested: string, redirectUris: readonly string[], isPublic = false): boolean {
  return matchRedirectUri(requested, { redirectUris, isPublic }).ok;
}

const REGISTERED = 'https://client.example/Cb?Tenant=A';

describe('matchRedirectUri', () => {
  it('RFC 6749 §3.1.2.3: accepts a registered URI and gives it back', () => {
    const outcome = matchRedirectUri(REGISTERED, {
      redirectUris: ['https://other.example/', REGISTERED],
      isPublic: false,
    });
    expect(outcome).toEqual({ ok: true, redirectUri: REGISTERED });
  });

  it.each([
    'https://client.example.evil.example/Cb?Tenant=A',
    'https://client.example/Cb?Tenant=A&x=1',
    'https://client.example/Cb',
    'https://client.example/Cb/more?Tenant=A',
    'https://client.example:443/Cb?Tenant=A',
    'http://client.example/Cb?Tenant=A',
  ])('N1: %s is not the registered URI, byte for byte', (requested) => {
    expect(matchRedirectUri(requested, { redirectUris: [REGISTERED], isPublic: false })).toEqual({
      ok: false,
      reason: 'unregistered',
    });
  });

  it('N2: an encoded spelling of the same path is another URI', () => {
    expect(accepts('https://client.example/%43b?Tenant=A', [REGISTERED])).toBe(false);
    expect(accepts('https://client.example/x/..%2FCb?Tenant=A', [REGISTERED])).toBe(false);
  });

  it('N4: the port may vary only for loopback IP literals over http', () => {
    expect(accepts('http://127.0.0.1:4000/cb', ['http://127.0.0.1/cb'])).toBe(true);
    expect(accepts('http://127.0.0.1/cb', ['http://127.0.0.1:9/cb'])).toBe(true);
    expect(accepts('http://[::1]:4000/cb?a=1', ['http://[::1]:1/cb?a=1'])).toBe(true);
    expect(accepts('http://localhost:4000/cb', ['http://localhost/cb'])).toBe(false);
    expect(accepts('https://127.0.0.1:4000/cb', ['https://127.0.0.1/cb'])).toBe(false);
    expect(accepts('http://127.0.0.2:4000/cb', ['http://127.0.0.2/cb'])).toBe(false);
    expect(accepts('http://192.168.0.1:4000/cb', ['http://192.168.0.1/cb'])).toBe(false);
    expect(accepts('http://client.example:4000/cb', ['http://client.example/cb'])).toBe(false);
  });

  it('N5: user information cannot move the host', () => {
    expect(accepts('https://client.example@evil.example/Cb', ['https://client.example/Cb'])).toBe(false);
    expect(accepts('http://127.0.0.1:80@evil.example/cb', ['http://127.0.0.1/cb'])).toBe(false);
    expect(accepts('http://127.0.0.1:80@evil.example/cb', [], true)).toBe(false);
  });

  it('N6: a URI with response parameters is refused even when it is registered', () => {
    const poisoned = 'https://client.example/cb?code=stolen';
    expect(matchRedirectUri(poisoned, { redirectUris: [poisoned], isPublic: false })).toEqual({
      ok: false,
      reason: 'response-parameter',
    });
  });

  it('N7: a registered URI is text, not a pattern', () => {
    expect(accepts('https://clientXexample/cb', ['https://client.example/cb'])).toBe(false);
    expect(accepts('https://a.client.example/cb', ['https://*.client.example/cb'])).toBe(false);
    expect(accepts('https://client.example/anything', ['https://client.example/.*'])).toBe(false);
  });

  it('N8: path and query are compared with their case, and on loopback only the port may differ', () => {
    expect(accepts('https://client.example/cb?Tenant=A', [REGISTERED])).toBe(false);
    expect(accepts('https://client.example/Cb?tenant=A', [REGISTERED])).toBe(false);
    expect(accepts('http://127.0.0.1:1/other', ['http://127.0.0.1/cb'])).toBe(false);
    expect(accepts('http://[::1]:1/cb', ['http://127.0.0.1/cb'])).toBe(false);
    expect(accepts('http://127.0.0.1:1/cb?a=2', ['http://127.0.0.1/cb?a=1'])).toBe(false);
  });

  it('N12: a host that only ends or begins like the registered one is another origin', () => {
    expect(accepts('https://evilclient.example/cb', ['https://client.example/cb'])).toBe(false);
    expect(accepts('https://client.examples/cb', ['https://client.example/cb'])).toBe(false);
    expect(accepts('http://127.0.0.1.evil.example/cb', ['http://127.0.0.1/cb'])).toBe(false);
    expect(accepts('http://localhost.evil.example/cb', [], true)).toBe(false);
  });

  it('RFC 8252 §7.3: a public client without registered URIs may use loopback and localhost', () => {
    for (const uri of ['http://localhost', 'http://localhost:1234/x?y=1', 'http://127.0.0.1:1/cb', 'http://[::1]/cb']) {
      expect(accepts(uri, [], true)).toBe(true);
    }
    for (const uri of [
      'https://localhost/cb',
      'http://LOCALHOST/cb',
      'http://client.example/cb',
      'com.example.app:/cb',
    ]) {
      expect(accepts(uri, [], true)).toBe(false);
    }
  });

  it('RFC 6749 §3.1.2.2: no exception for confidential clients, nor for public ones that registered', () => {
    expect(accepts('http://localhost:1234/cb', [], false)).toBe(false);
    expect(accepts('http://localhost:1234/cb', ['https://client.example/cb'], true)).toBe(false);
  });

  it('N1: changing any one character of a registered URI makes another URI', () => {
    const registered = fc.webUrl({ withQueryParameters: true }).filter((uri) => accepts(uri, [uri]));
    fc.assert(
      fc.property(registered, fc.nat(), fc.stringMatching(/^[a-zA-Z0-9/.?&=;:-]?$/), (uri, noise, character) => {
        const at = noise % uri.length;
        const changed = uri.slice(0, at) + character + uri.slice(at + 1);
        expect(accepts(changed, [uri])).toBe(changed === uri);
      }),
    );
  });
});
