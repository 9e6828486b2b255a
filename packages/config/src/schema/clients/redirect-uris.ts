import { checkRedirectUri, type RedirectUriProblem } from '@tessera/oauth';

/** Schemes whose "redirect" would run in the page or read local files. */
const DANGEROUS_SCHEMES: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
]);

/** Where Dex sends a browser in its device grant; here no client is needed for that. */
const DEVICE_CALLBACK = '/device/callback';

/** A rule: an absolute URI without fragment (RFC 6749 §3.1.2), or Dex's `/device/callback`. */
export function redirectUriFault(value: string): string | undefined {
  if (value === DEVICE_CALLBACK) return undefined;
  const url = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\\]+$/.test(value) ? URL.parse(value) : null;
  if (url === null) return 'must be an absolute URI';
  if (value.includes('#')) return 'must not have a fragment (RFC 6749 §3.1.2)';
  return DANGEROUS_SCHEMES.has(url.protocol) ? `must not use the scheme ${url.protocol}` : undefined;
}

/** Why a URI that may be registered is refused in every request. */
const unusableBecause: Readonly<Record<RedirectUriProblem, string>> = {
  'too-long': 'it is too long',
  'illegal-character': 'a character is not allowed in a URI (RFC 3986 §2)',
  'not-absolute': 'it is not absolute (RFC 6749 §3.1.2)',
  'scheme-not-allowed': 'the scheme must be https, http, or have a dot (RFC 8252 §7.1)',
  fragment: 'it has a fragment (RFC 6749 §3.1.2)',
  userinfo: 'it has a user name or password',
  'host-malformed': 'the host is malformed',
  'dot-segment': 'the path has dot segments',
  'response-parameter': 'the query has a parameter that belongs to answers, such as code or state',
};

/** Why no request may name a registered URI; undefined when one may. */
export function unusableReason(uri: string): string | undefined {
  if (uri === DEVICE_CALLBACK) return 'the device grant here needs no redirect URI';
  const check = checkRedirectUri(uri);
  return check.ok ? undefined : unusableBecause[check.reason];
}

/** The hosts that redirect URIs name, each once; a private-use scheme has none and counts as empty text. */
export function hostsOf(uris: readonly (string | undefined)[]): readonly string[] {
  const hosts = uris.flatMap((uri) =>
    uri === undefined || uri === DEVICE_CALLBACK ? [] : [webUrl(uri)?.hostname ?? ''],
  );
  return [...new Set(hosts)];
}

/** The origins of redirect URIs of the web. */
export function originsOf(uris: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(uris.flatMap((uri) => webUrl(uri ?? '')?.origin ?? []))];
}

function webUrl(uri: string): URL | undefined {
  const url = URL.parse(uri);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined;
}
