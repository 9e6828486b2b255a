import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mintCode, parseCode } from './authorization-code.ts';
import { deviceCodePattern, deviceIdOf, mintDeviceCode, parseDeviceCode } from './device-code.ts';
import { createSecretRing } from './secret-ring.ts';

const ring = createSecretRing(new Map([[1, randomBytes(32)]]), 1);
const random = randomBytes(16);
const expiresAt = new Date('2026-03-01T12:05:00Z');
const code = mintDeviceCode(ring, { userCode: 'BCDF-GHJK', random, expiresAt });

it('RFC 8628 §3.2: a device code tells its request and its end, and scanners find it', () => {
  const deviceId = `BCDF-GHJK.${random.toString('base64url')}`;
  expect(parseDeviceCode(ring, code)).toEqual({ userCode: 'BCDF-GHJK', deviceId, expiresAt });
  expect(deviceIdOf('BCDF-GHJK', random)).toBe(deviceId);
  expect(`x ${code} y`.match(deviceCodePattern())).toEqual([code]);
});

it('N20: a device code is no authorization code, and the other way round', () => {
  expect(parseCode(ring, code)).toBeUndefined();
  expect(parseCode(ring, code.replace('tsd_', 'tsc_'))).toBeUndefined();
  const other = mintCode(ring, { flowId: randomBytes(31) });
  expect(parseDeviceCode(ring, other.replace('tsc_', 'tsd_'))).toBeUndefined();
});

it('a forged device code, or one of another key, is none', () => {
  const stranger = createSecretRing(new Map([[1, randomBytes(32)]]), 1);
  expect(parseDeviceCode(stranger, code)).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(code.length - 1), fc.constantFrom('A', 'b', '_', '0'), (at, letter) => {
      const changed = `${code.slice(0, at)}${letter}${code.slice(at + 1)}`;
      return changed === code || parseDeviceCode(ring, changed) === undefined;
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => parseDeviceCode(ring, text) === undefined));
});

it('a user code or random bytes of another length make no device code', () => {
  expect(() => mintDeviceCode(ring, { userCode: 'BCDFGHJK', random, expiresAt })).toThrow(RangeError);
  expect(() => mintDeviceCode(ring, { userCode: 'BCDF-GHJK', random: randomBytes(15), expiresAt })).toThrow(RangeError);
});
