import type { Authorization, AuthorizationRequestRecord, AuthorizationRequestState } from '@tessera/contracts';
import { authorizationFromJson, authorizationToJson } from '../../codec/authorization-json.ts';
import type { Entry } from '../../ports.ts';

// Every value begins with a tag of its type (N20), so that a key of one kind never passes for another.
const REQUEST = 'request:';
const COMPLETED = 'completed:';
const CODE = 'code:';
const END_OF_HEAD = '\n';

/** What stands under the key of a value that was used. */
export const USED_VALUE = 'used:';

/** What the value of a request in this version begins with. */
export function requestHead(version: number): string {
  return `${REQUEST}${version}${END_OF_HEAD}`;
}

/** The value of a request. */
export function requestValue({ version, payload }: AuthorizationRequestRecord): Buffer {
  return Buffer.concat([Buffer.from(requestHead(version)), payload]);
}

/** The value that stays of a finished request. */
export function tombstoneValue(attemptId: string): string {
  return `${COMPLETED}${attemptId}`;
}

/** What a value under a request's key says. A foreign value says nothing. */
export function stateFromValue(id: string, value: Buffer | null): AuthorizationRequestState {
  if (value === null) return { type: 'absent' };
  if (value.subarray(0, COMPLETED.length).toString('latin1') === COMPLETED) return { type: 'completed' };
  const end = value.indexOf(END_OF_HEAD);
  const version = Number(value.subarray(REQUEST.length, end).toString('latin1'));
  const isRequest = value.subarray(0, REQUEST.length).toString('latin1') === REQUEST;
  if (!isRequest || end < 0 || !Number.isSafeInteger(version)) return { type: 'absent' };
  return { type: 'pending', request: { id, version, payload: new Uint8Array(value.subarray(end + 1)) } };
}

/** The value of a code. */
export function codeValue(authorization: Authorization): string {
  return `${CODE}${authorizationToJson(authorization)}`;
}

/** The authorization of a code's value; undefined for a foreign value. */
export function codeFromValue(value: string | null | undefined): Authorization | undefined {
  return value?.startsWith(CODE) ? authorizationFromJson(value.slice(CODE.length)) : undefined;
}

/** What the value of an entry begins with. JSON has no line break within, so that no head is the beginning of another. */
export function entryHead({ kind, owner }: Entry): string {
  return `${kind}:${JSON.stringify(owner)}${END_OF_HEAD}`;
}

/** The value of an entry. */
export function entryValue(entry: Entry, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(entryHead(entry)), payload]);
}

/** The payload of an entry's value. */
export function payloadOfEntry(value: Buffer): Uint8Array {
  return new Uint8Array(value.subarray(value.indexOf(END_OF_HEAD) + 1));
}
