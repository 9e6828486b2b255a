import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayName } from './display-name.ts';

describe('displayName', () => {
  it('N71: drops what turns or hides text, and keeps the rest', () => {
    expect(displayName('  Example\n\tApp ')).toBe('Example App');
    expect(displayName('\u202Eelgoog\u202C.com')).toBe('elgoog.com');
    expect(displayName('Goo\u200Bgle\0')).toBe('Google');
    expect(displayName('家族 👨‍👩‍👧')).toBe('家族 👨‍👩‍👧');
  });

  it('cuts at whole characters', () => {
    expect(displayName('👨‍👩‍👧'.repeat(200))).toBe(`${'👨‍👩‍👧'.repeat(79)}…`);
  });

  it('N71: is always short and on one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => {
        const name = displayName(text);
        expect(name.length).toBeLessThanOrEqual(641);
        expect(name).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u);
      }),
    );
  });
});
