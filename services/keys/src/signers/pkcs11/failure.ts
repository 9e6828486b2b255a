import { CKR } from './cryptoki.ts';

/**
 * What a failure of the library or the token means:
 *
 * - `refused`: it will fail again until somebody changes something;
 * - `pin`: the PIN must not be tried again;
 * - `lost`: the session or the token is gone; the library has to be loaded anew;
 * - `unavailable`: it may work later.
 */
export type FailureKind = 'refused' | 'pin' | 'lost' | 'unavailable';

/** A failure as it travels between processes. The message is ours: it names what failed, and no secret. */
export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
}

/** A {@link Failure} as it is thrown in the library's process. */
export class Pkcs11Failure extends Error {
  override readonly name = 'Pkcs11Failure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const KINDS: ReadonlyMap<number, FailureKind> = new Map([
  ...(
    [
      ...[CKR.SLOT_ID_INVALID, CKR.GENERAL_ERROR, CKR.FUNCTION_FAILED, CKR.DEVICE_ERROR, CKR.DEVICE_REMOVED],
      ...[CKR.KEY_HANDLE_INVALID, CKR.OBJECT_HANDLE_INVALID, CKR.SESSION_CLOSED, CKR.SESSION_HANDLE_INVALID],
      ...[CKR.TOKEN_NOT_PRESENT, CKR.TOKEN_NOT_RECOGNIZED, CKR.USER_NOT_LOGGED_IN, CKR.CRYPTOKI_NOT_INITIALIZED],
    ] as const
  ).map((value) => [value, 'lost'] as const),
  ...(
    [
      ...[CKR.ATTRIBUTE_TYPE_INVALID, CKR.ATTRIBUTE_VALUE_INVALID, CKR.DEVICE_MEMORY, CKR.KEY_SIZE_RANGE],
      ...[CKR.KEY_TYPE_INCONSISTENT, CKR.KEY_FUNCTION_NOT_PERMITTED, CKR.MECHANISM_INVALID],
      ...[CKR.MECHANISM_PARAM_INVALID, CKR.TEMPLATE_INCOMPLETE, CKR.TEMPLATE_INCONSISTENT],
      ...[CKR.TOKEN_WRITE_PROTECTED, CKR.DOMAIN_PARAMS_INVALID, CKR.CURVE_NOT_SUPPORTED],
    ] as const
  ).map((value) => [value, 'refused'] as const),
  ...(
    [
      ...[CKR.PIN_INCORRECT, CKR.PIN_INVALID, CKR.PIN_LEN_RANGE, CKR.PIN_EXPIRED, CKR.PIN_LOCKED],
      CKR.USER_PIN_NOT_INITIALIZED,
    ] as const
  ).map((value) => [value, 'pin'] as const),
]);

/** The failure of a call. Of what the binding throws, nothing but the return value and its name goes into the message. */
export function toFailure(action: string, thrown: unknown): Pkcs11Failure {
  if (thrown instanceof Pkcs11Failure) return thrown;
  const value = returnValueOf(thrown);
  if (value === undefined) return new Pkcs11Failure('unavailable', `${action} failed in the binding`);
  return new Pkcs11Failure(KINDS.get(value) ?? 'unavailable', `${action} failed: ${nameOf(value)}`);
}

/** The return value (CK_RV) of a call that failed; undefined when something else is thrown. */
export function returnValueOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'number' && thrown.code > 0 ? thrown.code : undefined;
}

function nameOf(value: number): string {
  const known = Object.entries(CKR).find(([, number]) => number === value);
  return known === undefined ? `return value 0x${value.toString(16)}` : `CKR_${known[0]}`;
}
