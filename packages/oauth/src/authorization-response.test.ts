import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authorizationResponseEntries,
  buildAuthorizationResponse,
  MAX_ERROR_DESCRIPTION_LENGTH,
  sanitizeErrorDescription,
} from './authorization-response.ts';

const iss = 'https://issuer.example';

describe('buildAuthorizationResponse', () => {
  it('RFC 6749 §4.1.2: puts code, state and iss into the query', () => {
    const uri = buildAuthorizationResponse({
      redirectUri: 'https://client.example/cb',
      mode: 'query',
      parameters: { code: 'abc', state: 'x y&z', iss },
    });
    expect(uri).toBe('https://client.example/cb?code=abc&state=x%20y%26z&iss=https%3A%2F%2Fissuer.example');
  });

  it.each([
    [
      'https://client.example/cb?dummy1=lorem&dummy2=ipsum',
      'https://client.example/cb?dummy1=lorem&dummy2=ipsum&code=c',
    ],
    ['https://client.example/cb?', 'https://client.example/cb?code=c'],
    ['https://client.example/cb?a=1&', 'https://client.example/cb?a=1&code=c'],
    ['com.example.app:/cb', 'com.example.app:/cb?code=c'],
  ])('RFC 6749 §3.1.2: keeps the query of %s as it is', (redirectUri, expected) => {
    const uri = buildAuthorizationResponse({ redirectUri, mode: 'query', parameters: { code: 'c', iss } });
    expect(uri).toBe(`${expected}&iss=https%3A%2F%2Fissuer.example`);
  });

  it('OIDC Core §3.2.2.5: answers with tokens go into the fragment', () => {
    const uri = buildAuthorizationResponse({
      redirectUri: 'https://client.example/cb?a=1',
      mode: 'fragment',
      parameters: { access_token: 't', token_type: 'bearer', expires_in: 3600, state: 's', iss },
    });
    expect(uri).toBe(
      'https://client.example/cb?a=1#access_token=t&token_type=bearer&expires_in=3600&state=s&iss=https%3A%2F%2Fissuer.example',
    );
  });

  it('OIDC Session Management §2: session_state is one of the parameters', () => {
    expect(authorizationResponseEntries({ code: 'c', session_state: 'x.y', iss })).toContainEqual([
      'session_state',
      'x.y',
    ]);
  });

  it('RFC 9207 §2: errors carry iss and state too, and nothing that was not given', () => {
    const uri = buildAuthorizationResponse({
      redirectUri: 'https://client.example/cb',
      mode: 'query',
      parameters: { error: 'access_denied', error_description: 'No "way"', state: undefined, iss },
    });
    expect([...new URL(uri).searchParams]).toEqual([
      ['error', 'access_denied'],
      ['error_description', "No 'way'"],
      ['iss', iss],
    ]);
  });

  it('RFC 6749 §4.1.2: state comes back unchanged, whatever it is', () => {
    const state = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(state, fc.constantFrom('query' as const, 'fragment' as const), (value, mode) => {
        const uri = new URL(
          buildAuthorizationResponse({ redirectUri: 'https://c.example/', mode, parameters: { state: value, iss } }),
        );
        const carried = new URLSearchParams(mode === 'query' ? uri.search : uri.hash.slice(1));
        expect(carried.get('state')).toBe(value);
      }),
    );
  });

  it('N6: a redirect URI with a fragment is a programming error', () => {
    const build = () =>
      buildAuthorizationResponse({ redirectUri: 'https://c.example/#x', mode: 'query', parameters: { iss } });
    expect(build).toThrow(RangeError);
  });

  it('OAuth 2.0 Form Post Response Mode §2: the same parameters are there as pairs', () => {
    expect(authorizationResponseEntries({ code: 'c', expires_in: 5, state: 's', iss })).toEqual([
      ['code', 'c'],
      ['expires_in', '5'],
      ['state', 's'],
      ['iss', iss],
    ]);
  });
});

describe('sanitizeErrorDescription', () => {
  it('RFC 6749 §4.1.2.1: replaces quotes, backslashes, line breaks and whatever is not ASCII', () => {
    expect(sanitizeErrorDescription('a "b"\r\n\tc\\d é~\u0000')).toBe("a 'b'   c?d ?~?");
  });

  it('RFC 6749 §4.1.2.1: stays within the charset and the length, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1000 }), (text) => {
        const description = sanitizeErrorDescription(text);
        expect(description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/);
        expect(description.length).toBeLessThanOrEqual(MAX_ERROR_DESCRIPTION_LENGTH);
      }),
    );
  });
});
