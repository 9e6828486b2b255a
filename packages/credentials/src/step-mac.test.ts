import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretRing } from './secret-ring.ts';
import { stepMac, verifyStepMac } from './step-mac.ts';

const ring = createSecretRing(new Map([[1, new Uint8Array(32).fill(1)]]), 1);
const rotated = createSecretRing(
  new Map([
    [1, new Uint8Array(32).fill(1)],
    [2, new Uint8Array(32).fill(2)],
  ]),
  2,
);

describe('stepMac', () => {
  it('N95: is good for its own labels only', () => {
    const labels = fc.array(fc.string(), { maxLength: 4 });
    fc.assert(
      fc.property(labels, labels, (one, other) => {
        const mac = stepMac(ring, ...one);
        expect(verifyStepMac(ring, mac, ...one)).toBe(true);
        expect(verifyStepMac(ring, mac, ...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('N95: moving the border between labels makes another value', () => {
    const values = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc']].map((labels) =>
      stepMac(ring, ...labels),
    );
    expect(new Set(values).size).toBe(values.length);
  });

  it('N95: every other character at every place has it refused', () => {
    const mac = stepMac(ring, 'flow', 'approval');
    for (let at = 0; at < mac.length; at += 1) {
      for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/') {
        const changed = mac.slice(0, at) + character + mac.slice(at + 1);
        expect(verifyStepMac(ring, changed, 'flow', 'approval')).toBe(changed === mac);
      }
    }
  });

  it('refuses any other text without throwing', () => {
    for (const text of ['', 'AA', `${stepMac(ring, 'a')}=`, `${stepMac(ring, 'a')}A`, '\u0000', 'é'.repeat(44)]) {
      expect(verifyStepMac(ring, text, 'a')).toBe(false);
    }
  });

  it('a value of an older key is good until its version leaves the ring', () => {
    expect(verifyStepMac(rotated, stepMac(ring, 'a'), 'a')).toBe(true);
    expect(verifyStepMac(ring, stepMac(rotated, 'a'), 'a')).toBe(false);
  });
});
