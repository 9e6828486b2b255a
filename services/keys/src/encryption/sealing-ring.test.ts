import { hkdfSync } from 'node:crypto';
import { createSecretRing, seal } from '@tessera/credentials';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findWrappingKey, openKey, rewrapKey, sealKey } from './envelope.ts';
import { createRootKey, type RootKey } from './root-key.ts';
import { createSealingRing, type SealingRing } from './sealing-ring.ts';

const [one, two] = [createRootKey(Buffer.alloc(32, 1)), createRootKey(Buffer.alloc(32, 2))];
const binding = { purpose: 'signing', name: 'kid' };
const context = Buffer.from('name');

function ringOf(...all: readonly RootKey[]): SealingRing {
  return createSealingRing(() => ({ current: all[0], all }), 'data keys');
}

describe('a ring of key-encryption keys', () => {
  it('NIST SP 800-38D §7.2: opens what it sealed, and nothing with any bit flipped, cut off or added', () => {
    const ring = ringOf(one, two);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(), (plaintext, noise) => {
        const sealed = ring.seal('p', plaintext, context);
        expect(ring.unseal('p', sealed, context)).toEqual({
          bytes: Buffer.from(plaintext),
          fingerprint: one.fingerprint,
        });
        const bit = noise % (sealed.length * 8);
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const cut = sealed.subarray(0, noise % sealed.length);
        for (const forged of [changed, cut, Buffer.concat([sealed, Buffer.of(0)])]) {
          expect(ring.unseal('p', forged, context)).toBeUndefined();
        }
      }),
    );
  });

  it('N20: what is sealed for one purpose, name or use does not open for another', () => {
    const sealed = ringOf(one).seal('p', Buffer.from('x'), context);
    expect(ringOf(one).unseal('q', sealed, context)).toBeUndefined();
    expect(ringOf(one).unseal('p', sealed, Buffer.from('other'))).toBeUndefined();
    const documents = createSealingRing(() => ({ current: one, all: [one] }), 'key set documents');
    expect(documents.unseal('p', sealed, context)).toBeUndefined();
  });

  it('the current key seals, the others open, and a key that left opens no more', () => {
    const old = ringOf(one).seal('p', Buffer.from('x'), context);
    expect(ringOf(two, one).unseal('p', old, context)?.fingerprint).toBe(one.fingerprint);
    expect(ringOf(two).unseal('p', old, context)).toBeUndefined();
    const fresh = ringOf(two, one).seal('p', Buffer.from('x'), context);
    expect(ringOf(one).unseal('p', fresh, context)).toBeUndefined();
  });

  it('opens what version 0.1.0 sealed, by whichever of its keys that was', () => {
    const derived = new Uint8Array(hkdfSync('sha256', Buffer.alloc(32, 1), '', 'tessera data keys', 32));
    const sealed = seal(createSecretRing(new Map([[1, derived]]), 1), 'p', Buffer.from('x'), context);
    expect(ringOf(two, one).unseal('p', sealed, context)).toEqual({
      bytes: Buffer.from('x'),
      fingerprint: one.fingerprint,
    });
    expect(ringOf(two).unseal('p', sealed, context)).toBeUndefined();
  });

  it('what does not open is told by the fingerprints of the key that is missing and of those that are there', () => {
    const sealed = ringOf(one).seal('p', Buffer.from('x'), context);
    const refusal = ringOf(two).refusal('a document', sealed);
    expect(refusal).toMatchObject({ kind: 'invalid_argument', code: 'keys.wrong_key_encryption_key' });
    expect(refusal.message).toContain(`the key-encryption key ${one.fingerprint}`);
    expect(refusal.message).toContain(`this process has ${two.fingerprint}`);
    expect(ringOf(one).refusal('a document', sealed).message).toContain('was changed');
    const missing = new Error('Vault is away');
    const waiting = createSealingRing(() => ({ current: two, all: [two], missing }), 'data keys');
    expect(waiting.refusal('a document', sealed)).toMatchObject({ kind: 'unavailable', cause: missing });
  });

  it('while there is no key, it opens nothing and seals nothing', () => {
    const none = createSealingRing(() => ({ current: undefined, all: [] }), 'data keys');
    expect(none.current()).toBeUndefined();
    expect(() => none.seal('p', Buffer.from('x'), context)).toThrow(/not loaded/);
  });

  it('N96: a fingerprint has 64 bits, and no key shows when it is printed', () => {
    expect(one.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(one.fingerprint).not.toBe(two.fingerprint);
    const canary = Buffer.from('canary-canary-canary-canary-32by');
    expect(JSON.stringify(createRootKey(canary))).not.toContain('canary');
    expect(() => createRootKey(canary.subarray(1))).toThrow(RangeError);
  });
});

describe('data keys', () => {
  it('are wrapped anew without a change of what they seal', () => {
    const sealed = sealKey(ringOf(one), Buffer.from('material'), binding);
    const rewrapped = rewrapKey(ringOf(two, one), sealed, binding);
    expect(rewrapped.ciphertext).toBe(sealed.ciphertext);
    expect(openKey(ringOf(two), rewrapped, binding).toString()).toBe('material');
    expect(() => openKey(ringOf(one), rewrapped, binding)).toThrow(/does not open/);
    expect(findWrappingKey(ringOf(one, two), rewrapped, binding)).toBe(two.fingerprint);
  });

  it('under the current key stay as they are', () => {
    const sealed = sealKey(ringOf(one), Buffer.from('material'), binding);
    expect(rewrapKey(ringOf(one, two), sealed, binding)).toEqual(sealed);
  });

  it('that were changed, or are of another name, are not wrapped anew', () => {
    const sealed = sealKey(ringOf(one), Buffer.from('material'), binding);
    const rewrap = (key: typeof sealed, name: string) => () => rewrapKey(ringOf(two, one), key, { ...binding, name });
    const refused = expect.objectContaining({ code: 'keys.wrong_key_encryption_key' });
    expect(rewrap(sealed, 'another')).toThrow(refused);
    const bytes = Buffer.from(sealed.wrappedDataKey, 'base64url');
    for (let position = 0; position < bytes.length; position += 1) {
      const changed = Buffer.from(bytes);
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(rewrap({ ...sealed, wrappedDataKey: changed.toString('base64url') }, 'kid')).toThrow(refused);
    }
  });
});
