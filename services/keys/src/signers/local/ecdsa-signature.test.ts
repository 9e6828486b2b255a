import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derSequence, derUnsigned } from './der.ts';
import { ecdsaSignatureFromDer } from './ecdsa-signature.ts';

describe('ECDSA signatures', () => {
  it.each([32, 48, 66])('RFC 7518 §3.4: r and s have %d bytes each, however short the numbers are', (size) => {
    const highest = size === 66 ? 0x01 : 0xff;
    const number = fc.tuple(fc.nat(size), fc.uint8Array({ minLength: size, maxLength: size })).map(([zeros, bytes]) => {
      bytes[0] = (bytes[0] ?? 0) & highest;
      return bytes.fill(0, 0, zeros);
    });
    fc.assert(
      fc.property(number, number, (r, s) => {
        const der = derSequence(derUnsigned(r), derUnsigned(s));
        expect(ecdsaSignatureFromDer(der, size).equals(Buffer.concat([r, s]))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['P-256', 'sha256', 32],
    ['P-384', 'sha384', 48],
    ['P-521', 'sha512', 66],
  ] as const)('RFC 7518 §3.4: of %s verify as r and s', (namedCurve, hash, size) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    for (let count = 0; count < 300; count += 1) {
      const input = Buffer.from(`${count}`);
      const raw = ecdsaSignatureFromDer(sign(hash, input, privateKey), size);
      expect(verify(hash, input, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
    }
  });
});
