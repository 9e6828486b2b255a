import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPkce, isCodeChallenge, isCodeVerifier, parseCodeChallengeMethod, s256Challenge } from './pkce.ts';

/** RFC 7636 Appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('checkPkce', () => {
  it('RFC 7636 Appendix B: the example passes', () => {
    expect(s256Challenge(VERIFIER)).toBe(CHALLENGE);
    expect(checkPkce({ challenge: CHALLENGE, method: 'S256', verifier: VERIFIER })).toEqual({ ok: true });
  });

  it('passes when neither side uses PKCE', () => {
    expect(checkPkce({})).toEqual({ ok: true });
  });

  it('N30: a challenge without a verifier is refused', () => {
    expect(checkPkce({ challenge: CHALLENGE, method: 'S256' })).toEqual({ ok: false, reason: 'verifier-missing' });
  });

  it('N30: a verifier without a challenge is refused', () => {
    expect(checkPkce({ verifier: VERIFIER })).toEqual({ ok: false, reason: 'verifier-without-challenge' });
  });

  it('N31: a verifier outside the length or charset is refused as malformed', () => {
    for (const verifier of ['', VERIFIER.slice(1), 'a'.repeat(129), `${VERIFIER}+`, `${VERIFIER}\n`]) {
      const outcome = checkPkce({ challenge: verifier, method: 'plain', verifier });
      expect(outcome).toEqual({ ok: false, reason: 'verifier-malformed' });
    }
  });

  it('N31: the verifier is compared by the method of the request', () => {
    expect(checkPkce({ challenge: VERIFIER, method: 'plain', verifier: VERIFIER })).toEqual({ ok: true });
    const mismatch = { ok: false, reason: 'mismatch' };
    expect(checkPkce({ challenge: CHALLENGE, method: 'plain', verifier: VERIFIER })).toEqual(mismatch);
    expect(checkPkce({ challenge: VERIFIER, method: 'S256', verifier: VERIFIER })).toEqual(mismatch);
  });

  it('N31: a challenge stored without a method cannot be answered with itself', () => {
    expect(checkPkce({ challenge: CHALLENGE, verifier: CHALLENGE })).toEqual({ ok: false, reason: 'mismatch' });
  });

  it('RFC 7636 §4.6: only its own verifier answers a challenge', () => {
    const verifier = fc.stringMatching(/^[A-Za-z0-9\-._~]{43,128}$/);
    fc.assert(
      fc.property(verifier, verifier, (one, other) => {
        expect(checkPkce({ challenge: s256Challenge(one), method: 'S256', verifier: one }).ok).toBe(true);
        expect(checkPkce({ challenge: s256Challenge(one), method: 'S256', verifier: other }).ok).toBe(one === other);
      }),
    );
  });
});

describe('syntax', () => {
  it('RFC 7636 §4.1: a verifier has 43 to 128 unreserved characters', () => {
    expect(isCodeVerifier('a'.repeat(42))).toBe(false);
    expect(isCodeVerifier('-._~'.repeat(11))).toBe(true);
    expect(isCodeVerifier('a'.repeat(128))).toBe(true);
    expect(isCodeVerifier('a'.repeat(129))).toBe(false);
  });

  it('RFC 7636 §4.2: an S256 challenge is 43 base64url characters', () => {
    expect(isCodeChallenge(CHALLENGE, 'S256')).toBe(true);
    expect(isCodeChallenge(`${CHALLENGE}=`, 'S256')).toBe(false);
    expect(isCodeChallenge(CHALLENGE.replace('-', '+'), 'S256')).toBe(false);
    expect(isCodeChallenge('~'.repeat(43), 'plain')).toBe(true);
    expect(isCodeChallenge('~'.repeat(43), 'S256')).toBe(false);
  });

  it('RFC 7636 §4.3: a missing method is plain, which has to be switched on', () => {
    expect(parseCodeChallengeMethod(undefined, ['S256'])).toBeUndefined();
    expect(parseCodeChallengeMethod(undefined, ['S256', 'plain'])).toBe('plain');
    expect(parseCodeChallengeMethod('S256', ['S256'])).toBe('S256');
    expect(parseCodeChallengeMethod('s256', ['S256', 'plain'])).toBeUndefined();
  });
});
