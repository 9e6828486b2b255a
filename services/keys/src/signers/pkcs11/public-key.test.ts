import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { jwkThumbprint } from '@tessera/oauth';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MECHANISMS } from './mechanisms.ts';
import type { PublicAttributes } from './module-protocol.ts';
import { readTokenPublicKey } from './public-key.ts';

const REFUSED = expect.objectContaining({ code: 'keys.signer_refused' });

function jwkOf(key: KeyObject): Readonly<Record<string, string>> {
  return key.export({ format: 'jwk' }) as Readonly<Record<string, string>>;
}

/** The point of an elliptic curve key, without its OCTET STRING. */
function pointOf({ x = '', y }: Readonly<Record<string, string>>): Buffer {
  if (y === undefined) return Buffer.from(x, 'base64url');
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

function octetString(value: Buffer): Buffer {
  const length = value.length < 128 ? [value.length] : [0x81, value.length];
  return Buffer.concat([Buffer.from([4, ...length]), value]);
}

const curves = [
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
  ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
  ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey],
  ['EdDSA', generateKeyPairSync('ed25519').publicKey],
] as const;

describe('the public half of a key in a token', () => {
  it.each(curves)('PKCS #11 v3.0 §2.3.3: of %s is read with and without its OCTET STRING', (alg, key) => {
    const jwk = jwkOf(key);
    const parameters = MECHANISMS[alg].curve ?? Buffer.alloc(0);
    for (const point of [pointOf(jwk), octetString(pointOf(jwk))]) {
      const read = readTokenPublicKey({ type: 'ec', parameters, point }, alg, 'id');
      expect(read.publicJwk).toEqual(jwk);
      expect(read.kid).toBe(jwkThumbprint(jwk));
    }
  });

  it('RFC 7518 §6.3.1: of RSA is read without leading zero bytes', () => {
    const jwk = jwkOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
    const [modulus, publicExponent] = [jwk['n'] ?? '', jwk['e'] ?? ''].map((text) =>
      Buffer.concat([Buffer.alloc(1), Buffer.from(text, 'base64url')]),
    ) as [Buffer, Buffer];
    expect(readTokenPublicKey({ type: 'rsa', modulus, publicExponent }, 'PS384', 'id').publicJwk).toEqual(jwk);
    expect(() => readTokenPublicKey({ type: 'rsa', modulus, publicExponent }, 'ES256', 'id')).toThrow(REFUSED);
    const short = modulus.subarray(0, 129);
    expect(() => readTokenPublicKey({ type: 'rsa', modulus: short, publicExponent }, 'RS256', 'id')).toThrow(REFUSED);
  });

  it('RFC 8725 §3.1: of one curve is none of another', () => {
    for (const [own, key] of curves) {
      const attributes = {
        type: 'ec',
        parameters: MECHANISMS[own].curve ?? Buffer.alloc(0),
        point: pointOf(jwkOf(key)),
      } as const;
      for (const [other] of curves) {
        if (other !== own) expect(() => readTokenPublicKey(attributes, other, 'id')).toThrow(REFUSED);
      }
      expect(() => readTokenPublicKey(attributes, 'RS256', 'id')).toThrow(REFUSED);
    }
  });

  it('whatever a token says, it is a key or refused', () => {
    const bytes = fc.uint8Array({ maxLength: 140 });
    const ec = fc.record({ type: fc.constant('ec' as const), parameters: bytes, point: bytes });
    const known = fc.record({
      type: fc.constant('ec' as const),
      parameters: fc.constantFrom(...curves.map(([alg]) => MECHANISMS[alg].curve ?? Buffer.alloc(0))),
      point: bytes,
    });
    const rsa = fc.record({ type: fc.constant('rsa' as const), modulus: bytes, publicExponent: bytes });
    const algorithms = fc.constantFrom('RS256' as const, ...curves.map(([alg]) => alg));
    fc.assert(
      fc.property(fc.oneof(ec, known, rsa), algorithms, (attributes: PublicAttributes, alg) => {
        try {
          expect(readTokenPublicKey(attributes, alg, 'id').kid).toMatch(/^[\w-]{43}$/);
        } catch (error) {
          expect(error).toEqual(REFUSED);
        }
      }),
    );
  });
});
