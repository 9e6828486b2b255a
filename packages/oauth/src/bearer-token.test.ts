import { describe, expect, it } from 'vitest';
import { MAX_BEARER_TOKEN_LENGTH, parseBearerToken } from './bearer-token.ts';

describe('parseBearerToken', () => {
  it('RFC 6750 §2.1: gives the token; the scheme is case-insensitive', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(parseBearerToken(`${scheme} mF_9.B5f-4.1JqM~+/==`)).toEqual({ ok: true, token: 'mF_9.B5f-4.1JqM~+/==' });
    }
  });

  it('RFC 6750 §3.1: no header and another scheme are an absent token', () => {
    for (const header of [undefined, '', 'Basic abc', 'DPoP abc', 'BearerX abc']) {
      expect(parseBearerToken(header)).toEqual({ ok: false, reason: 'absent' });
    }
  });

  it.each([
    ['Bearer'],
    ['Bearer '],
    ['Bearer a b'],
    ['Bearer a,Bearer b'],
    ['Bearer a=b'],
    ['Bearer ='],
    ['Bearer "a"'],
    ['Bearer a\u0000'],
    ['Bearer a\n'],
    ['Bearer é'],
  ])('RFC 6750 §2.1: %j is malformed', (header) => {
    expect(parseBearerToken(header)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('N91: a token has a greatest length', () => {
    expect(parseBearerToken(`Bearer ${'a'.repeat(MAX_BEARER_TOKEN_LENGTH)}`).ok).toBe(true);
    expect(parseBearerToken(`Bearer ${'a'.repeat(MAX_BEARER_TOKEN_LENGTH + 1)}`).ok).toBe(false);
  });
});
