import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createSecretRing } from './secret-ring.ts';

function key(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill);
}

describe('createSecretRing', () => {
  it('finds each version, and the current one', () => {
    const ring = createSecretRing(
      new Map([
        [1, key(1)],
        [255, key(2)],
      ]),
      255,
    );
    expect(ring.current.version).toBe(255);
    expect(ring.find(1)?.key.export()).toEqual(Buffer.from(key(1)));
    expect(ring.find(2)).toBeUndefined();
  });

  it.each([
    ['version 0', 0, key(1), 0],
    ['version 256', 256, key(1), 256],
    ['a fraction', 1.5, key(1), 1.5],
    ['a short key', 1, new Uint8Array(31), 1],
    ['a long key', 1, new Uint8Array(33), 1],
    ['a current version that is not there', 1, key(1), 2],
  ])('refuses %s', (_title, version, bytes, current) => {
    expect(() => createSecretRing(new Map([[version, bytes]]), current)).toThrow(RangeError);
  });

  it('does not change when the caller wipes its bytes', () => {
    const bytes = key(7);
    const ring = createSecretRing(new Map([[1, bytes]]), 1);
    bytes.fill(0);
    expect(ring.current.key.export()).toEqual(Buffer.from(key(7)));
  });

  it('N96: shows no secret when it is printed', () => {
    const canary = Buffer.from('canary-canary-canary-canary-32by');
    const ring = createSecretRing(new Map([[1, canary]]), 1);
    const printed = inspect(ring, { depth: 10, showHidden: true }) + JSON.stringify(ring);
    expect(printed).not.toContain('canary');
    expect(printed).not.toContain(inspect(canary).slice(8, 20));
  });
});
