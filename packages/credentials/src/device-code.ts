import { type CredentialKind, credentialPattern, mintCredential, openCredential } from './opaque-credential.ts';
import type { SecretRing } from './secret-ring.ts';

/** Random bytes of a device code. */
export const DEVICE_RANDOM_BYTES = 16;

/** What a device code says: the request it polls for, and until when. */
export interface DeviceCodeContent {
  /** In its canonical spelling: nine characters of ASCII. */
  readonly userCode: string;
  /** The user code, a dot, and base64url of {@link DEVICE_RANDOM_BYTES}: what storage knows the device by. */
  readonly deviceId: string;
  /** Whole seconds. */
  readonly expiresAt: Date;
}

const USER_CODE_BYTES = 9;
const EXPIRY_BYTES = 6;
const PAYLOAD_BYTES = EXPIRY_BYTES + USER_CODE_BYTES + DEVICE_RANDOM_BYTES;
const USER_CODE = /^[\x21-\x7e]{9}$/;

const KIND: CredentialKind = {
  prefix: 'tsd_',
  macContext: 'tessera device code',
  minPayloadBytes: PAYLOAD_BYTES,
  maxPayloadBytes: PAYLOAD_BYTES,
};

/** Finds device codes in a text. */
export function deviceCodePattern(): RegExp {
  return credentialPattern(KIND);
}

/** What a device code is made of. */
export interface NewDeviceCode {
  readonly userCode: string;
  /** {@link DEVICE_RANDOM_BYTES}, unguessable. */
  readonly random: Uint8Array;
  readonly expiresAt: Date;
}

/** The id under which storage keeps the device. */
export function deviceIdOf(userCode: string, random: Uint8Array): string {
  return `${userCode}.${Buffer.from(random).toString('base64url')}`;
}

/** Writes a device code (RFC 8628 §3.2). Throws a `RangeError` on a user code or random bytes of another length. */
export function mintDeviceCode(ring: SecretRing, { userCode, random, expiresAt }: NewDeviceCode): string {
  if (!USER_CODE.test(userCode)) throw new RangeError(`A user code has ${USER_CODE_BYTES} characters of ASCII`);
  if (random.length !== DEVICE_RANDOM_BYTES)
    throw new RangeError(`A device code has ${DEVICE_RANDOM_BYTES} random bytes`);
  const expiry = Buffer.alloc(EXPIRY_BYTES);
  expiry.writeUIntBE(Math.floor(expiresAt.getTime() / 1000), 0, EXPIRY_BYTES);
  return mintCredential(ring, KIND, Buffer.concat([expiry, Buffer.from(userCode, 'ascii'), random]));
}

/** Reads a device code that this issuer made, expired or not; undefined for any other text. No store is asked. Never throws. */
export function parseDeviceCode(ring: SecretRing, code: string): DeviceCodeContent | undefined {
  const payload = openCredential(ring, KIND, code);
  if (payload === undefined) return undefined;
  const userCode = payload.toString('ascii', EXPIRY_BYTES, EXPIRY_BYTES + USER_CODE_BYTES);
  return {
    userCode,
    deviceId: deviceIdOf(userCode, payload.subarray(EXPIRY_BYTES + USER_CODE_BYTES)),
    expiresAt: new Date(payload.readUIntBE(0, EXPIRY_BYTES) * 1000),
  };
}
