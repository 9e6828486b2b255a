import type { AuthorizationDetails } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { isStorableText } from './stored-text.ts';

/** Most bytes of an id, an owner, a key or a scope, in UTF-8: what every backend can index. */
export const MAX_ID_BYTES = 512;

/** Most bytes of a payload and of a stored document. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Most bytes of what few authorizations have, as JSON. */
export const MAX_DETAILS_BYTES = 16 * 1024;

/** Whether every backend can keep `value` as an id: not empty, storable, at most {@link MAX_ID_BYTES}. */
export function isStorableId(value: string): boolean {
  return value !== '' && Buffer.byteLength(value, 'utf8') <= MAX_ID_BYTES && isStorableText(value);
}

/** The first moment of the year 10000, which no longer has the form that databases read. In milliseconds since the epoch. */
const END_OF_MOMENTS_MS = 253_402_300_800_000;

/** Whether every backend can keep `moment`, and put it in order: one of the years 1970 to 9999. */
export function isStorableMoment(moment: Date): boolean {
  const ms = moment.getTime();
  return ms >= 0 && ms < END_OF_MOMENTS_MS;
}

/** What cannot be accepted. Kind `invalid_argument`. */
export function invalidInput(code: `storage.invalid_${string}`, message: string): TesseraError {
  return new TesseraError({ kind: 'invalid_argument', code, message });
}

/** Throws `storage.invalid_id` for an id that cannot be kept; `what` names it. */
export function assertId(value: string, what: string): void {
  if (isStorableId(value)) return;
  throw invalidInput('storage.invalid_id', `${what} is well-formed text of 1 to ${MAX_ID_BYTES} bytes`);
}

/** Throws `storage.invalid_ttl` for a lifetime that is none. */
export function assertTtl(ttlSeconds: number): void {
  if (Number.isSafeInteger(ttlSeconds) && ttlSeconds > 0) return;
  throw invalidInput('storage.invalid_ttl', 'a lifetime is a positive whole number of seconds');
}

/** Throws `storage.invalid_record` for a moment that cannot be kept; undefined is none. `what` names it. */
export function assertMoment(moment: Date | undefined, what: string): void {
  if (moment === undefined || isStorableMoment(moment)) return;
  throw invalidInput('storage.invalid_record', `${what} is a moment of the years 1970 to 9999`);
}

/** Throws `storage.invalid_record` for a version that nothing can have: they count from 1. */
export function assertVersion(version: number): void {
  if (Number.isSafeInteger(version) && version > 0) return;
  throw invalidInput('storage.invalid_record', 'a version is a positive whole number');
}

/** Throws `storage.invalid_payload` for a payload that is too long. */
export function assertPayload(payload: Uint8Array): void {
  if (payload.byteLength <= MAX_BODY_BYTES) return;
  throw invalidInput('storage.invalid_payload', `a payload has at most ${MAX_BODY_BYTES} bytes`);
}

/** Throws `storage.invalid_record` for details of an authorization that are too long; undefined = there are none. */
export function assertDetails(details: AuthorizationDetails | undefined): void {
  if (details === undefined || Buffer.byteLength(JSON.stringify(details), 'utf8') <= MAX_DETAILS_BYTES) return;
  throw invalidInput(
    'storage.invalid_record',
    `the details of an authorization have at most ${MAX_DETAILS_BYTES} bytes`,
  );
}
