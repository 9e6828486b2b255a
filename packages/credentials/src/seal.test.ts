import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seal, sealText, unseal, unsealText } from './seal.ts';
import { createSecretRing } from './secret-ring.ts';

const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(1)]]), 1);
const rotated = createSecretRing(
  new Map([
    [1, new Uint8Array(32).fill(1)],
    [2, new Uint8Array(32).fill(2)],
  ]),
  2,
);
const anyBytes = fc.uint8Array({ maxLength: 100 });

describe('seal', () => {
  it('NIST SP 800-38D §7: opens what it sealed', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, fc.string(), (plaintext, aad, purpose) => {
        expect(unseal(ring, purpose, seal(ring, purpose, plaintext, aad), aad)).toEqual(Buffer.from(plaintext));
      }),
    );
  });

  it('NIST SP 800-38D §7.2: flipping any bit, cutting or lengthening has it refused', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(), (plaintext, noise) => {
        const sealed = seal(ring, 'p', plaintext);
        const bit = noise % (sealed.length * 8);
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const cut = sealed.subarray(0, noise % sealed.length);
        for (const forged of [changed, cut, Buffer.concat([sealed, Buffer.of(0)])]) {
          expect(unseal(ring, 'p', forged)).toBeUndefined();
        }
      }),
    );
  });

  it('N20: a value sealed for one purpose or context does not open for another', () => {
    const sealed = seal(ring, 'session cookie', Buffer.from('x'), Buffer.from('ab'));
    expect(unseal(ring, 'login cookie', sealed, Buffer.from('ab'))).toBeUndefined();
    expect(unseal(ring, 'session cookie', sealed, Buffer.from('ac'))).toBeUndefined();
    expect(unseal(ring, 'session cookie', sealed)).toBeUndefined();
    expect(unseal(ring, 'session cookiea', sealed, Buffer.from('b'))).toBeUndefined();
  });

  it('NIST SP 800-38D §8.2.2: never uses a nonce twice, so equal values look different', () => {
    const nonces = Array.from({ length: 200 }, () => seal(ring, 'p', Buffer.from('x')).toString('hex', 1, 13));
    expect(new Set(nonces).size).toBe(200);
  });

  it('values of an older key open until its version leaves the ring', () => {
    const old = seal(ring, 'p', Buffer.from('x'));
    expect(unseal(rotated, 'p', old)?.toString()).toBe('x');
    const fresh = seal(rotated, 'p', Buffer.from('x'));
    expect(fresh[0]).toBe(2);
    expect(unseal(ring, 'p', fresh)).toBeUndefined();
  });
});

describe('sealText', () => {
  it('opens what it sealed, and hides it', () => {
    const sealed = sealText(ring, 'cookie', 'Zürich €', 'user1');
    expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(unsealText(ring, 'cookie', sealed, 'user1')).toBe('Zürich €');
    expect(unsealText(ring, 'cookie', sealed, 'user2')).toBeUndefined();
  });

  it('refuses every other spelling and any other text', () => {
    const sealed = sealText(ring, 'cookie', 'x');
    for (const text of ['', `${sealed}=`, `${sealed} `, `${sealed}A`, `.${sealed}`]) {
      expect(unsealText(ring, 'cookie', text)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(unsealText(ring, 'cookie', text)).toBeUndefined();
      }),
    );
  });
});
