import { isUtf8 } from 'node:buffer';
import {
  createParameters,
  MAX_PARAMETER_NAME_LENGTH,
  MAX_PARAMETER_VALUE_LENGTH,
  type Parameters,
} from '@tessera/oauth';

/** Most fields of a form in parts; no request of ours has half as many. */
const MAX_FIELDS = 100;

/**
 * The fields of a body in parts (RFC 7578), read by the runtime's own parser. Undefined for a malformed one, for one with
 * a file among its parts, with too many parts, with bytes that are not UTF-8, or with what no percent-encoded form may have
 * either: NUL, and names and values that are too long.
 */
export async function parseMultipartForm(bytes: Buffer, contentType: string): Promise<Parameters | undefined> {
  if (!isUtf8(bytes)) return undefined;
  // A view of its own: what the buffer's memory holds beside it is nobody's business.
  const body = new Response(new Uint8Array(bytes), { headers: { 'content-type': contentType } });
  const form = await body.formData().catch(() => undefined);
  if (form === undefined) return undefined;
  const fields: [string, string][] = [];
  for (const [name, value] of form) {
    if (typeof value !== 'string' || fields.length === MAX_FIELDS || !isAcceptable(name, value)) return undefined;
    fields.push([name, value]);
  }
  return createParameters(fields);
}

/** Stores refuse NUL in text; nothing of the protocol contains it. */
function isAcceptable(name: string, value: string): boolean {
  const isShort = name.length <= MAX_PARAMETER_NAME_LENGTH && value.length <= MAX_PARAMETER_VALUE_LENGTH;
  return isShort && !name.includes('\0') && !value.includes('\0');
}
