import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derMoment, derObjectId, derOctets, derUnsigned } from './der.ts';

describe('DER', () => {
  it('X.690 §8.19: object identifiers', () => {
    expect(derObjectId('1.2.840.113549.1.1.11').toString('hex')).toBe('06092a864886f70d01010b');
    expect(derObjectId('2.5.4.3').toString('hex')).toBe('0603550403');
    expect(derObjectId('2.16.840.1.101.3.4.2.1').toString('hex')).toBe('0609608648016503040201');
  });

  it('X.690 §10.1: lengths in their shortest form', () => {
    const start = (length: number) => derOctets(Buffer.alloc(length)).subarray(0, -length).toString('hex');
    expect([127, 128, 255, 256, 65_535, 65_536].map(start)).toEqual([
      '047f',
      '048180',
      '0481ff',
      '04820100',
      '0482ffff',
      '0483010000',
    ]);
  });

  it('X.690 §8.3: unsigned integers are never negative, and as short as can be', () => {
    expect(derUnsigned(Buffer.of(0, 0)).toString('hex')).toBe('020100');
    expect(derUnsigned(Buffer.of(0, 0x7f)).toString('hex')).toBe('02017f');
    expect(derUnsigned(Buffer.of(0x80)).toString('hex')).toBe('02020080');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
        const content = derUnsigned(bytes).subarray(2);
        expect(BigInt(`0x${content.toString('hex')}`)).toBe(BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
        expect((content[0] ?? 0) < 0x80).toBe(true);
        const isShortest = content.length === 1 || content[0] !== 0 || (content[1] ?? 0) >= 0x80;
        expect(isShortest).toBe(true);
      }),
    );
  });

  it('RFC 5280 §4.1.2.5: years from 2050 on have four digits', () => {
    expect(derMoment(new Date('2049-12-31T23:59:59.999Z')).toString('latin1')).toBe('\x17\x0d491231235959Z');
    expect(derMoment(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z');
  });
});
