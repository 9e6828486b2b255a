import { describe, expect, it } from 'vitest';
import { createRandomId } from './random-id.ts';

describe('createRandomId', () => {
  it('is a letter and 24 base32 characters', () => {
    expect(createRandomId()).toMatch(/^[a-z][a-z2-7]{24}$/);
  });

  it('encodes the bytes as RFC 4648 §6 does, in lower case', () => {
    const foobar = () => Uint8Array.of(27, ...Buffer.from('foobar'));
    expect(createRandomId(foobar)).toBe('bmzxw6ytboi');
    expect(createRandomId(() => Uint8Array.from({ length: 16 }, () => 255))).toBe(`v${'7'.repeat(24)}`);
  });

  it('RFC 8628 §6.1: makes the longer form of device codes from 32 bytes', () => {
    expect(createRandomId(undefined, 32)).toMatch(/^[a-z][a-z2-7]{50}$/);
  });

  it('asks for as many bytes as it says and does not repeat itself', () => {
    const sizes: number[] = [];
    createRandomId((size) => {
      sizes.push(size);
      return new Uint8Array(size);
    }, 20);
    expect(sizes).toEqual([20]);
    expect(new Set(Array.from({ length: 100 }, () => createRandomId())).size).toBe(100);
  });
});
