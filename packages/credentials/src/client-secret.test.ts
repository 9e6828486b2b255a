import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashClientSecret, verifyClientSecret } from './client-secret.ts';

const now = new Date('2026-01-01T00:00:00Z');

describe('client secrets', () => {
  it('RFC 6749 §2.3.1: the secret that was hashed is accepted, no other', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (secret, other) => {
        const hashes = [hashClientSecret(secret)];
        expect(verifyClientSecret(secret, hashes, now)).toBe(true);
        expect(verifyClientSecret(other, hashes, now)).toBe(secret === other);
      }),
    );
  });

  it('is SHA-256 over salt and secret, with a salt of its own each time', () => {
    const { salt, hash } = hashClientSecret('s3cret', Buffer.from('salt'));
    expect(Buffer.from(salt).toString()).toBe('salt');
    expect(Buffer.from(hash)).toEqual(createHash('sha256').update('salts3cret').digest());
    expect(hashClientSecret('s3cret').hash).not.toEqual(hashClientSecret('s3cret').hash);
    expect(hashClientSecret('s3cret').salt).toHaveLength(16);
  });

  it('N41: with no hashes nothing is accepted', () => {
    expect(verifyClientSecret('', [], now)).toBe(false);
    expect(verifyClientSecret('s3cret', [], now)).toBe(false);
  });

  it('N41: each hash is looked at, wherever the right one stands', () => {
    const touched: string[] = [];
    const watched = (name: string, secret: string) => {
      const { salt, hash } = hashClientSecret(secret);
      return {
        get salt() {
          touched.push(name);
          return salt;
        },
        hash,
      };
    };
    const hashes = [watched('first', 'a'), watched('second', 'b'), watched('third', 'c')];
    expect(verifyClientSecret('a', hashes, now)).toBe(true);
    expect(touched).toEqual(['first', 'second', 'third']);
    expect(verifyClientSecret('c', hashes, now)).toBe(true);
    expect(verifyClientSecret('d', hashes, now)).toBe(false);
  });

  it('a secret stops at its expiry, to the millisecond, and leaves the others alone', () => {
    const expiring = { ...hashClientSecret('old'), expiresAt: now };
    const hashes = [expiring, hashClientSecret('new')];
    expect(verifyClientSecret('old', hashes, new Date(now.getTime() - 1))).toBe(true);
    expect(verifyClientSecret('old', hashes, now)).toBe(false);
    expect(verifyClientSecret('new', hashes, now)).toBe(true);
  });

  it('a stored hash of a wrong length accepts nothing', () => {
    const { salt, hash } = hashClientSecret('s3cret');
    expect(verifyClientSecret('s3cret', [{ salt, hash: hash.subarray(0, 16) }], now)).toBe(false);
    expect(verifyClientSecret('s3cret', [{ salt, hash: new Uint8Array() }], now)).toBe(false);
  });
});
