import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mintCode } from './authorization-code.ts';
import { MAX_GENERATION, mintRefreshToken, parseRefreshToken, refreshTokenPattern } from './refresh-token.ts';
import { createSecretRing } from './secret-ring.ts';

const OLD_KEY = new Uint8Array(32).fill(1);
const NEW_KEY = new Uint8Array(32).fill(2);
const oldRing = createSecretRing(new Map([[1, OLD_KEY]]), 1);
const bothRing = createSecretRing(
  new Map([
    [1, OLD_KEY],
    [2, NEW_KEY],
  ]),
  2,
);
const newRing = createSecretRing(new Map([[2, NEW_KEY]]), 2);

const grantId = '0191d4f3-7a2b-7c3d-8e4f-5a6b7c8d9e0f';
const token = mintRefreshToken(oldRing, { grantId, generation: 7 });
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('refresh tokens', () => {
  it('RFC 6749 §6: reads back what was written', () => {
    const generations = fc.integer({ min: 0, max: MAX_GENERATION });
    fc.assert(
      fc.property(fc.uuid(), generations, (id, generation) => {
        const content = { grantId: id, generation };
        expect(parseRefreshToken(oldRing, mintRefreshToken(oldRing, content))).toEqual(content);
      }),
    );
    expect(parseRefreshToken(oldRing, mintRefreshToken(oldRing, { grantId, generation: MAX_GENERATION }))).toEqual({
      grantId,
      generation: MAX_GENERATION,
    });
  });

  it('N19: the same generation of the same grant is the same token again', () => {
    expect(mintRefreshToken(oldRing, { grantId, generation: 7 })).toBe(token);
    expect(mintRefreshToken(oldRing, { grantId, generation: 8 })).not.toBe(token);
  });

  it('N20: every other character at every place has the token refused', () => {
    for (let at = 0; at < token.length; at += 1) {
      for (const character of `${ALPHABET}=+/. `) {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        if (changed !== token) {
          expect(parseRefreshToken(oldRing, changed)).toBeUndefined();
        }
      }
    }
  });

  it('N20: flipping any bit of the bytes has the token refused', () => {
    const bytes = Buffer.from(token.slice(4), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(parseRefreshToken(oldRing, `tsr_${changed.toString('base64url')}`)).toBeUndefined();
    }
  });

  it('N20: another spelling of the same bytes is refused', () => {
    const bytes = Buffer.from(token.slice(4), 'base64url');
    const last = ALPHABET.indexOf(token.at(-1) ?? '');
    const spellings = [1, 2, 3].map((stray) => token.slice(0, -1) + ALPHABET[last ^ stray]);
    expect(spellings.map((text) => Buffer.from(text.slice(4), 'base64url').equals(bytes))).toEqual([true, true, true]);
    for (const text of [...spellings, `${token}=`, `${token}\n`, ` ${token}`, token.toUpperCase(), token.slice(4)]) {
      expect(parseRefreshToken(oldRing, text)).toBeUndefined();
    }
  });

  it('N20: an authorization code is no refresh token, even under the other prefix', () => {
    const payload = Buffer.from(token.slice(4), 'base64url').subarray(1, 21);
    const code = mintCode(oldRing, { flowId: payload });
    expect(code.length).toBe(token.length);
    expect(parseRefreshToken(oldRing, code)).toBeUndefined();
    expect(parseRefreshToken(oldRing, code.replace('tsc_', 'tsr_'))).toBeUndefined();
  });

  it('a token of an older key is good until its version leaves the ring', () => {
    expect(parseRefreshToken(bothRing, token)).toEqual({ grantId, generation: 7 });
    expect(parseRefreshToken(newRing, token)).toBeUndefined();
    expect(parseRefreshToken(newRing, mintRefreshToken(bothRing, { grantId, generation: 7 }))).toBeDefined();
  });

  it('never throws, whatever the text', () => {
    const near = fc.stringMatching(/^tsr_[A-Za-z0-9_-]{54,56}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
        expect(parseRefreshToken(oldRing, text)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['upper case', { grantId: grantId.toUpperCase(), generation: 0 }],
    ['no UUID', { grantId: 'g1', generation: 0 }],
    ['a negative generation', { grantId, generation: -1 }],
    ['a fraction', { grantId, generation: 0.5 }],
    ['a generation beyond four bytes', { grantId, generation: MAX_GENERATION + 1 }],
  ])('writes nothing for %s', (_title, content) => {
    expect(() => mintRefreshToken(oldRing, content)).toThrow(RangeError);
  });

  it('N96: a scanner finds refresh tokens in a text, and nothing else', () => {
    const text = `token=${token}&x ${mintCode(oldRing, { flowId: new Uint8Array(16) })} ${token}A "${token}"`;
    expect(text.match(refreshTokenPattern())).toEqual([token, token]);
  });
});
