import { expect, it } from 'vitest';
import { CKR } from './cryptoki.ts';
import { Pkcs11Failure, toFailure } from './failure.ts';
import { failureOf } from './testing/fake-library.ts';

it.each([
  [CKR.DEVICE_REMOVED, 'lost', 'CKR_DEVICE_REMOVED'],
  [CKR.SESSION_HANDLE_INVALID, 'lost', 'CKR_SESSION_HANDLE_INVALID'],
  [CKR.USER_NOT_LOGGED_IN, 'lost', 'CKR_USER_NOT_LOGGED_IN'],
  [CKR.PIN_INCORRECT, 'pin', 'CKR_PIN_INCORRECT'],
  [CKR.PIN_LOCKED, 'pin', 'CKR_PIN_LOCKED'],
  [CKR.MECHANISM_INVALID, 'refused', 'CKR_MECHANISM_INVALID'],
  [CKR.DEVICE_MEMORY, 'refused', 'CKR_DEVICE_MEMORY'],
  [0x90, 'unavailable', 'return value 0x90'],
  [0x8000_0007, 'unavailable', 'return value 0x80000007'],
] as const)('N96: return value %d is of kind %s, and the message has our words only', (value, kind, name) => {
  const failure = toFailure('to sign', failureOf(value));
  expect(failure).toMatchObject({ kind, message: `to sign failed: ${name}` });
});

it('N96: what is thrown without a return value is told without its text', () => {
  for (const thrown of [new Error('canary'), 'canary', { code: 'canary' }, undefined]) {
    expect(toFailure('to sign', thrown)).toMatchObject({
      kind: 'unavailable',
      message: 'to sign failed in the binding',
    });
  }
});

it('a failure that was told already stays what it is', () => {
  const failure = new Pkcs11Failure('pin', 'no');
  expect(toFailure('to sign', failure)).toBe(failure);
});
