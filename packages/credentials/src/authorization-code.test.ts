import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePattern, FLOW_ID_BYTES, mintCode, parseCode } from './authorization-code.ts';
import { mintRefreshToken } from './refresh-token.ts';
import { createSecretRing } from './secret-ring.ts';

const ring = createSecretRing(new Map([[3, new Uint8Array(32).fill(9)]]), 3);
const otherRing = createSecretRing(new Map([[3, new Uint8Array(32).fill(8)]]), 3);
const flowIds = fc.uint8Array({ minLength: FLOW_ID_BYTES.min, maxLength: FLOW_ID_BYTES.max });

function bytesOf(code: string): Buffer | undefined {
  const content = parseCode(ring, code);
  return content === undefined ? undefined : Buffer.from(content.flowId);
}

describe('authorization codes', () => {
  it('RFC 6749 §4.1.2: reads back what was written, for flow ids of every length', () => {
    fc.assert(
      fc.property(flowIds, (flowId) => {
        const code = mintCode(ring, { flowId });
        expect(bytesOf(code)).toEqual(Buffer.from(flowId));
        expect(code.match(codePattern())).toEqual([code]);
      }),
    );
  });

  it('N20: flipping any bit, cutting or lengthening has the code refused', () => {
    fc.assert(
      fc.property(flowIds, fc.nat(), (flowId, noise) => {
        const bytes = Buffer.from(mintCode(ring, { flowId }).slice(4), 'base64url');
        const bit = noise % (bytes.length * 8);
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        for (const forged of [
          changed,
          bytes.subarray(0, -1),
          bytes.subarray(1),
          Buffer.concat([bytes, Buffer.of(0)]),
        ]) {
          expect(bytesOf(`tsc_${forged.toString('base64url')}`)).toBeUndefined();
        }
      }),
    );
  });

  it('N20: every other character at every place has the code refused', () => {
    const code = mintCode(ring, { flowId: new Uint8Array(18).fill(5) });
    const replacement = fc.stringMatching(/^[A-Za-z0-9_=+/-]$/);
    fc.assert(
      fc.property(fc.nat(code.length - 1), replacement, (at, character) => {
        const changed = code.slice(0, at) + character + code.slice(at + 1);
        expect(bytesOf(changed) === undefined).toBe(changed !== code);
      }),
      { numRuns: 1000 },
    );
  });

  it('N20: a refresh token is no code, even under the other prefix', () => {
    const token = mintRefreshToken(ring, { grantId: '0191d4f3-7a2b-7c3d-8e4f-5a6b7c8d9e0f', generation: 0 });
    expect(bytesOf(token)).toBeUndefined();
    expect(bytesOf(token.replace('tsr_', 'tsc_'))).toBeUndefined();
  });

  it('a code of another key is refused', () => {
    expect(bytesOf(mintCode(otherRing, { flowId: new Uint8Array(16) }))).toBeUndefined();
  });

  it('RFC 6749 §10.10: a flow id too short to be unguessable, or too long, is no code', () => {
    expect(() => mintCode(ring, { flowId: new Uint8Array(FLOW_ID_BYTES.min - 1) })).toThrow(RangeError);
    expect(() => mintCode(ring, { flowId: new Uint8Array(FLOW_ID_BYTES.max + 1) })).toThrow(RangeError);
  });
});
