/** Longest access token that is looked at, in characters (16 KiB). */
export const MAX_BEARER_TOKEN_LENGTH = 16_384;

/** Outcome of {@link parseBearerToken}. `absent` also when the header has another scheme. */
export type BearerTokenOutcome =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly reason: 'absent' | 'malformed' };

const BEARER = /^bearer(?: +(.*))?$/is;
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Reads an access token from an `Authorization` header (RFC 6750 §2.1). The scheme is case-insensitive. Never throws. */
export function parseBearerToken(header: string | undefined): BearerTokenOutcome {
  const match = BEARER.exec(header ?? '');
  if (match === null) {
    return { ok: false, reason: 'absent' };
  }
  const token = match[1] ?? '';
  return token.length <= MAX_BEARER_TOKEN_LENGTH && B64TOKEN.test(token)
    ? { ok: true, token }
    : { ok: false, reason: 'malformed' };
}
