import { bytesFromText, bytesToText } from './bytes-json.ts';

/** An encrypted key set as JSON. */
export function keySetToJson(payload: Uint8Array): string {
  return JSON.stringify({ payload: bytesToText(payload) });
}

/** The encrypted key set of its JSON. */
export function keySetFromJson(json: string): Uint8Array {
  const { payload } = JSON.parse(json) as { readonly payload: string };
  return bytesFromText(payload);
}
