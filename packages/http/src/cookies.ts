/** Attributes of a cookie we set. Always `HttpOnly` and `SameSite=Lax`. */
export interface CookieOptions {
  readonly name: string;
  /** Characters of RFC 6265 §4.1.1 only; ours are base64url. */
  readonly value: string;
  /** Path it is sent to; the issuer's path. */
  readonly path: string;
  /** Whether it is for HTTPS only. */
  readonly isSecure: boolean;
  /** Undefined = until the browser is closed; 0 deletes it. */
  readonly maxAgeSeconds?: number;
}

const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const PATH = /^\/[\x21-\x3a\x3c-\x7e]*$/;

/** The value of a `Set-Cookie` header. Throws TypeError for a part that would become another attribute. */
export function setCookie(options: CookieOptions): string {
  if (!NAME.test(options.name) || !VALUE.test(options.value) || !PATH.test(options.path)) {
    throw new TypeError('not a cookie');
  }
  const age = options.maxAgeSeconds === undefined ? '' : `; Max-Age=${options.maxAgeSeconds}`;
  return `${options.name}=${options.value}; Path=${options.path}${age}; HttpOnly; SameSite=Lax${options.isSecure ? '; Secure' : ''}`;
}

/** A cookie of a `Cookie` header (RFC 6265 §4.2); the first of several with the same name. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
