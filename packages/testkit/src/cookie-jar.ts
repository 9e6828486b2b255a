/** A cookie as it is kept. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Without a leading dot. */
  readonly domain: string;
  /** Whether it is sent to `domain` alone, and not to hosts below it. */
  readonly isHostOnly: boolean;
  readonly path: string;
  readonly isSecure: boolean;
  readonly isHttpOnly: boolean;
  /** As it was written, in lower case; kept to be looked at, not applied. */
  readonly sameSite: string | undefined;
  /** Undefined for a cookie that ends with the browser. */
  readonly expiresAt: Date | undefined;
}

/** The cookies of one browser (RFC 6265 §5). Cookies do not tell ports apart. */
export interface CookieJar {
  /** Takes the `Set-Cookie` lines of an answer from `url`; those that break a rule are ignored, as browsers do. */
  store(url: URL, setCookieLines: readonly string[]): void;
  /** The value of the `Cookie` header for a request to `url`; undefined when there is none to send. */
  header(url: URL): string | undefined;
  /** What a script in a page at `url` would read in `document.cookie`: nothing that is HttpOnly. */
  readableByScripts(url: URL): string;
  /** All cookies that have not expired. */
  all(): Cookie[];
  /** Forgets everything. */
  clear(): void;
}

/** Creates an empty {@link CookieJar}. `now` is the present; the machine's clock when left out. */
export function createCookieJar(now: () => Date = () => new Date()): CookieJar {
  const cookies = new Map<string, Cookie>();
  const all = () => [...cookies.values()].filter((cookie) => !isExpired(cookie, now()));
  const matching = (url: URL) =>
    all()
      .filter((cookie) => isSentTo(cookie, url))
      // RFC 6265 §5.4: longer paths first.
      .sort((one, other) => other.path.length - one.path.length);
  const join = (list: readonly Cookie[]) => list.map(({ name, value }) => `${name}=${value}`).join('; ');
  return {
    store(url, lines) {
      for (const line of lines) {
        const cookie = parseSetCookie(line, url, now());
        if (cookie === undefined || !isAllowed(cookie, url)) continue;
        const key = [cookie.domain, cookie.path, cookie.name].join('\n');
        if (isExpired(cookie, now())) cookies.delete(key);
        else cookies.set(key, cookie);
      }
    },
    header(url) {
      const list = matching(url);
      return list.length === 0 ? undefined : join(list);
    },
    readableByScripts: (url) => join(matching(url).filter((cookie) => !cookie.isHttpOnly)),
    all,
    clear: () => cookies.clear(),
  };
}

/**
 * Reads one `Set-Cookie` line (RFC 6265 §5.2, §5.3) of an answer from `url`; undefined when it is to be ignored.
 * `now` is needed for `Max-Age`.
 */
export function parseSetCookie(line: string, url: URL, now: Date): Cookie | undefined {
  const [pair = '', ...rest] = line.split(';');
  const equals = pair.indexOf('=');
  const name = pair.slice(0, Math.max(0, equals)).trim();
  if (name === '') return undefined;
  const attributes = new Map<string, string>();
  for (const attribute of rest) {
    const [key = '', ...value] = attribute.split('=');
    attributes.set(key.trim().toLowerCase(), value.join('=').trim());
  }
  const domain = (attributes.get('domain') ?? '').replace(/^\./, '').toLowerCase();
  const path = attributes.get('path') ?? '';
  return {
    name,
    value: pair.slice(equals + 1).trim(),
    domain: domain === '' ? url.hostname : domain,
    isHostOnly: domain === '',
    path: path.startsWith('/') ? path : defaultPath(url),
    isSecure: attributes.has('secure'),
    isHttpOnly: attributes.has('httponly'),
    sameSite: attributes.get('samesite')?.toLowerCase(),
    expiresAt: expiryOf(attributes, now),
  };
}

// RFC 6265 §5.3: Max-Age has precedence over Expires.
function expiryOf(attributes: ReadonlyMap<string, string>, now: Date): Date | undefined {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) {
    const seconds = Number(maxAge);
    // The latest time a Date can hold stands for "practically never".
    return seconds <= 0 ? new Date(0) : new Date(Math.min(now.getTime() + seconds * 1_000, 8.64e15));
  }
  const expires = new Date(attributes.get('expires') ?? '');
  return Number.isNaN(expires.getTime()) ? undefined : expires;
}

// RFC 6265 §5.1.4
function defaultPath(url: URL): string {
  const lastSlash = url.pathname.lastIndexOf('/');
  return lastSlash <= 0 ? '/' : url.pathname.slice(0, lastSlash);
}

function isAllowed(cookie: Cookie, url: URL): boolean {
  if (!domainMatches(cookie, url.hostname)) return false;
  if (cookie.isSecure && url.protocol !== 'https:') return false;
  // RFC 6265bis §4.1.3: the prefixes promise how the cookie was set.
  if (cookie.name.startsWith('__Secure-')) return cookie.isSecure;
  if (cookie.name.startsWith('__Host-')) return cookie.isSecure && cookie.isHostOnly && cookie.path === '/';
  return true;
}

function isSentTo(cookie: Cookie, url: URL): boolean {
  if (cookie.isSecure && url.protocol !== 'https:') return false;
  return domainMatches(cookie, url.hostname) && pathMatches(cookie.path, url.pathname);
}

function domainMatches(cookie: Cookie, host: string): boolean {
  if (cookie.domain === host) return true;
  const isAddress = /^[\d.]+$/.test(host) || host.startsWith('[');
  return !cookie.isHostOnly && !isAddress && cookie.domain.includes('.') && host.endsWith(`.${cookie.domain}`);
}

function pathMatches(cookiePath: string, requestPath: string): boolean {
  if (requestPath === cookiePath) return true;
  return requestPath.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function isExpired(cookie: Cookie, now: Date): boolean {
  return cookie.expiresAt !== undefined && cookie.expiresAt.getTime() <= now.getTime();
}
