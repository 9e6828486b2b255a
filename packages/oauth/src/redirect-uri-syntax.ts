import { decodeFormComponent } from './parameters.ts';

/** Longest redirect URI, in characters. */
export const MAX_REDIRECT_URI_LENGTH = 2048;

/** Why a redirect URI is refused whoever asks for it. */
export type RedirectUriProblem =
  | 'too-long'
  | 'illegal-character'
  | 'not-absolute'
  | 'scheme-not-allowed'
  | 'fragment'
  | 'userinfo'
  | 'host-malformed'
  | 'dot-segment'
  | 'response-parameter';

/** Outcome of {@link checkRedirectUri}. */
export type RedirectUriCheck = { readonly ok: true } | { readonly ok: false; readonly reason: RedirectUriProblem };

/** Names an authorization response may carry; a redirect URI that brings one could forge an answer. */
const RESPONSE_PARAMETERS: ReadonlySet<string> = new Set([
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'id_token',
  'access_token',
  'token_type',
  'expires_in',
  'session_state',
  'response',
]);

/** The characters of a URI (RFC 3986 §2) with percent-encoding in pairs. */
const URI_TEXT = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const ENCODED_CONTROL_OR_BACKSLASH = /%(?:[01][0-9A-Fa-f]|7[Ff]|5[Cc])/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/;
/** A private-use scheme is a domain name in reverse, so it has a dot (RFC 8252 §7.1). */
const PRIVATE_USE_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$/;
/** More layers of percent-encoding than this are an attack, whatever they hide. */
const MAX_DECODING_ROUNDS = 3;

/**
 * The rule that registered and requested redirect URIs both keep (RFC 6749 §3.1.2, RFC 9700 §4.1, RFC 8252 §7): absolute,
 * http, https or a private-use scheme with a dot, no fragment, no user information, nothing outside the URI character set,
 * no dot segment however encoded, and no parameter of an authorization response. Never throws.
 */
export function checkRedirectUri(uri: string): RedirectUriCheck {
  const reason = findProblem(uri);
  return reason === undefined ? { ok: true } : { ok: false, reason };
}

function findProblem(uri: string): RedirectUriProblem | undefined {
  if (uri.length > MAX_REDIRECT_URI_LENGTH) {
    return 'too-long';
  }
  if (!URI_TEXT.test(uri) || ENCODED_CONTROL_OR_BACKSLASH.test(uri)) {
    return 'illegal-character';
  }
  const [, scheme = '', rest = ''] = SCHEME.exec(uri) ?? [];
  if (scheme === '') {
    return 'not-absolute';
  }
  const isWeb = /^https?$/i.test(scheme);
  if (!isWeb && !PRIVATE_USE_SCHEME.test(scheme.toLowerCase())) {
    return 'scheme-not-allowed';
  }
  if (uri.includes('#')) {
    return 'fragment';
  }
  const [hierarchy, query] = splitOnce(rest, '?');
  const { authority, path } = splitAuthority(hierarchy);
  return (
    findAuthorityProblem(uri, authority, isWeb) ??
    (hasDotSegment(path) ? 'dot-segment' : undefined) ??
    (query !== undefined && hasResponseParameter(query) ? 'response-parameter' : undefined)
  );
}

/** The authority is judged as written and as the browser's parser reads it; where the two differ, the URI is refused. */
function findAuthorityProblem(
  uri: string,
  authority: string | undefined,
  isWeb: boolean,
): RedirectUriProblem | undefined {
  if (authority === undefined) {
    return isWeb ? 'not-absolute' : undefined;
  }
  if (authority.includes('@') || authority.toLowerCase().includes('%40')) {
    return 'userinfo';
  }
  const parsed = URL.parse(uri);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') {
    return 'host-malformed';
  }
  if (!isWeb) {
    return authority.includes('%') ? 'host-malformed' : undefined;
  }
  const [, host = '', port = ''] = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?$/.exec(authority) ?? [];
  const defaultPort = parsed.protocol === 'https:' ? '443' : '80';
  const isReadAlike =
    host !== '' && parsed.hostname === host.toLowerCase() && (parsed.port || defaultPort) === (port || defaultPort);
  return isReadAlike ? undefined : 'host-malformed';
}

/** Judges the path as any server on the way might read it: decoded again and again, and without path parameters. */
function hasDotSegment(path: string): boolean {
  let current = path;
  for (let round = 0; round <= MAX_DECODING_ROUNDS; round += 1) {
    const segments = current.split(/[/\\]/);
    if (segments.some((segment) => /^\.{1,2}(?:;.*)?$/s.test(segment))) {
      return true;
    }
    if (!current.includes('%')) {
      return false;
    }
    let decoded: string;
    try {
      decoded = decodeURIComponent(current);
    } catch {
      // Not UTF-8 (overlong forms of a dot are not), or a bare percent sign left by an earlier round.
      return true;
    }
    if (decoded === current) {
      return false;
    }
    current = decoded;
  }
  return true;
}

/** `;` separates pairs for some frameworks, `code[]` is `code` for others, and some ignore case. */
function hasResponseParameter(query: string): boolean {
  return query.split(/[&;]/).some((pair) => {
    const name = decodeFormComponent(splitOnce(pair, '=')[0]);
    return name === undefined || RESPONSE_PARAMETERS.has(splitOnce(name, '[')[0].trim().toLowerCase());
  });
}

function splitAuthority(hierarchy: string): { authority: string | undefined; path: string } {
  if (!hierarchy.startsWith('//')) {
    return { authority: undefined, path: hierarchy };
  }
  const slash = hierarchy.indexOf('/', 2);
  return slash === -1
    ? { authority: hierarchy.slice(2), path: '' }
    : { authority: hierarchy.slice(2, slash), path: hierarchy.slice(slash) };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
