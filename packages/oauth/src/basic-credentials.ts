import { decodeFormComponent } from './parameters.ts';

/** Longest `Authorization` header that is looked at, in characters. */
export const MAX_BASIC_HEADER_LENGTH = 8192;

/** Outcome of {@link parseBasicCredentials}. `absent` also when the header has another scheme. */
export type BasicCredentialsOutcome =
  | { readonly ok: true; readonly clientId: string; readonly clientSecret: string }
  | { readonly ok: false; readonly reason: 'absent' | 'malformed' };

const BASIC = /^basic(?: +(.*))?$/is;
/** RFC 6749 Appendix A.1 and A.2. */
const VSCHARS = /^[\x20-\x7e]*$/;
const MALFORMED = { ok: false, reason: 'malformed' } as const;

/**
 * Reads client credentials from an `Authorization` header of scheme Basic (RFC 7617 §2), where id and secret are
 * form-encoded before they are joined by a colon (RFC 6749 §2.3.1). The secret may be empty, as public clients send it; the
 * id may not. Never throws.
 */
export function parseBasicCredentials(header: string | undefined): BasicCredentialsOutcome {
  const match = BASIC.exec(header ?? '');
  if (match === null) {
    return { ok: false, reason: 'absent' };
  }
  const credentials = match[1] ?? '';
  const text = credentials.length > MAX_BASIC_HEADER_LENGTH ? undefined : decodeBase64(credentials);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon === -1) {
    return MALFORMED;
  }
  const clientId = decodeFormComponent(text.slice(0, colon));
  const clientSecret = decodeFormComponent(text.slice(colon + 1));
  if (clientId === undefined || clientSecret === undefined || clientId === '') {
    return MALFORMED;
  }
  return VSCHARS.test(clientId) && VSCHARS.test(clientSecret) ? { ok: true, clientId, clientSecret } : MALFORMED;
}

function decodeBase64(text: string): string | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) {
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
