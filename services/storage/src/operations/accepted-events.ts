import type { SecurityEvent } from '@tessera/contracts';
import { invalidInput, isStorableId, isStorableMoment } from '../rules/accepted-input.ts';
import { isStorableText, isUuid } from '../rules/stored-text.ts';

/** Most bytes of what an event says, in UTF-8. */
export const MAX_EVENT_BYTES = 16 * 1024;

const MAX_TYPE_BYTES = 64;

/**
 * Throws `storage.invalid_event` for an event that cannot be kept. Whether its data fit its type is not asked here: while
 * versions are mixed, a newer service may tell of what an older storage does not know.
 */
export function assertEvent({ id, type, key, time, data }: SecurityEvent): void {
  if (!isUuid(id)) throw invalidEvent('the id of an event is a UUID');
  if (!isStorableId(type) || Buffer.byteLength(type) > MAX_TYPE_BYTES) throw invalidEvent('an event has a type');
  if (!isStorableId(key)) throw invalidEvent('the key of an event is well-formed text of 1 to 512 bytes');
  if (!isStorableMoment(time)) throw invalidEvent('the time of an event is a moment of the years 1970 to 9999');
  if (Buffer.byteLength(data, 'utf8') > MAX_EVENT_BYTES) {
    throw invalidEvent(`the data of an event have at most ${MAX_EVENT_BYTES} bytes`);
  }
  if (!isStorableText(data) || !isJsonObject(data)) throw invalidEvent('the data of an event are a JSON object');
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function invalidEvent(message: string): Error {
  return invalidInput('storage.invalid_event', message);
}
