import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccessTokenContent,
  accessTokenPattern,
  MAX_NARROWING_BYTES,
  mintAccessToken,
  parseAccessToken,
} from './access-token.ts';
import { mintRefreshToken, parseRefreshToken } from './refresh-token.ts';
import { createSecretRing } from './secret-ring.ts';

const old = randomBytes(32);
const ring = createSecretRing(
  new Map([
    [1, old],
    [2, randomBytes(32)],
  ]),
  2,
);
const content: AccessTokenContent = {
  grantId: '0b9f1c1e-6f0e-4d3a-8f43-6f2a1f8f7a11',
  number: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  issuedAt: new Date(1_800_000_000_000),
  expiresAt: new Date(1_800_003_600_000),
};

describe('reference access tokens', () => {
  it('say again what they were made of, under older secrets too', () => {
    const seconds = fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => new Date(value * 1000));
    const list = fc.option(fc.array(fc.string(), { maxLength: 5 }), { nil: undefined });
    fc.assert(
      fc.property(fc.uuid(), seconds, seconds, list, list, (grantId, issuedAt, expiresAt, scopes, resources) => {
        const made = {
          grantId,
          number: content.number,
          issuedAt,
          expiresAt,
          ...(scopes !== undefined && { scopes }),
          ...(resources !== undefined && { resources }),
        };
        expect(parseAccessToken(ring, mintAccessToken(ring, made))).toEqual(made);
      }),
    );
    const before = mintAccessToken(createSecretRing(new Map([[1, old]]), 1), content);
    expect(parseAccessToken(ring, before)).toEqual(content);
  });

  it('N81: no other kind of credential passes for one, nor one for another', () => {
    const refreshToken = mintRefreshToken(ring, { grantId: content.grantId, generation: 0 });
    expect(parseAccessToken(ring, refreshToken)).toBeUndefined();
    expect(parseAccessToken(ring, refreshToken.replace('tsr_', 'tsa_'))).toBeUndefined();
    const token = mintAccessToken(ring, content);
    expect(parseRefreshToken(ring, token.replace('tsa_', 'tsr_'))).toBeUndefined();
  });

  it('a changed, cut or foreign one is refused, and no text throws', () => {
    const token = mintAccessToken(ring, { ...content, scopes: ['openid'] });
    const foreign = createSecretRing(new Map([[2, randomBytes(32)]]), 2);
    expect(parseAccessToken(foreign, token)).toBeUndefined();
    for (const text of [`${token}A`, token.slice(0, -1), `${token.slice(0, -4)}AAAA`, token.replace('tsa_', ''), '']) {
      expect(parseAccessToken(ring, text)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseAccessToken(ring, `tsa_${text}`)).toBeUndefined();
      }),
    );
  });

  it('what cannot be one is not made', () => {
    const wrong: readonly Partial<AccessTokenContent>[] = [
      { grantId: 'x' },
      { number: new Uint8Array(7) },
      { issuedAt: new Date(-1000) },
      { expiresAt: new Date('2107-01-01') },
      { expiresAt: new Date(Number.NaN) },
      { scopes: ['x'.repeat(MAX_NARROWING_BYTES)] },
    ];
    for (const change of wrong) expect(() => mintAccessToken(ring, { ...content, ...change })).toThrow(RangeError);
  });

  it('secret scanners find it in a text', () => {
    const token = mintAccessToken(ring, { ...content, resources: ['orders'] });
    expect(`Bearer ${token}, x`.match(accessTokenPattern())).toEqual([token]);
  });
});
