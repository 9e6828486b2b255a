import { parseWebUrl } from './safe-url.ts';

/** What a page needs beyond its own server. */
export interface PolicyNeeds {
  /** Redirect URI of the application when the page has a form: browsers apply `form-action` to redirects as well. */
  readonly redirectUri?: string | undefined;
  /** Addresses of images; those on `https:` are allowed anyway. */
  readonly images: readonly (string | undefined)[];
  /** Further addresses that a form may end up at, where it leads to the redirect URI by way of others. */
  readonly formTargets?: readonly string[] | undefined;
  /** Source expression of a script that stands in the page itself, such as `'sha256-…'`. */
  readonly inlineScript?: string | undefined;
  /** Addresses of frames; each must have a {@link frameOrigin}. */
  readonly frames?: readonly string[] | undefined;
}

/**
 * The `Content-Security-Policy` of a page (CSP Level 3): nothing but our own files, no frames but those it names, no foreign form
 * targets.
 */
export function contentSecurityPolicy(needs: PolicyNeeds): string {
  const images = needs.images.flatMap((image) => plainHttpOrigin(image));
  const leadsTo = [...(needs.redirectUri === undefined ? [] : [needs.redirectUri]), ...(needs.formTargets ?? [])];
  const targets = new Set(leadsTo.flatMap((address) => formTarget(address) ?? []));
  const frames = new Set((needs.frames ?? []).flatMap((address) => frameOrigin(address) ?? []));
  return [
    "default-src 'none'",
    "style-src 'self'",
    ["script-src 'self'", ...(needs.inlineScript === undefined ? [] : [needs.inlineScript])].join(' '),
    ['img-src', "'self'", 'data:', 'https:', ...new Set(images)].join(' '),
    ...(frames.size === 0 ? [] : [['frame-src', ...frames].join(' ')]),
    ['form-action', "'self'", ...targets].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/**
 * The source expression for a redirect URI: its scheme. Browsers apply `form-action` to every redirect that follows a
 * form (CSP Level 3 §6.4.1), and an application may send its visitors on to another host of its own, which nobody can
 * list here. Undefined for what no form may lead to.
 */
export function formTarget(redirectUri: string): string | undefined {
  const url = URL.parse(redirectUri);
  if (url === null || /^(?:javascript|data|blob|file|about|vbscript|filesystem|ws|wss|ftp|urn):$/.test(url.protocol)) {
    return undefined;
  }
  return url.protocol;
}

/** The source expression for a page in a frame: its origin. Undefined for an address that is not on the web, or has no such name. */
export function frameOrigin(address: string): string | undefined {
  const url = parseWebUrl(address);
  return url !== undefined && isHostSource(url.hostname) ? url.origin : undefined;
}

function plainHttpOrigin(image: string | undefined): readonly string[] {
  const url = image === undefined ? undefined : parseWebUrl(image);
  return url?.protocol === 'http:' && isHostSource(url.hostname) ? [url.origin] : [];
}

/** Host names may hold `;` and `,` (WHATWG URL §3.1), which would end the directive or the header. */
function isHostSource(hostname: string): boolean {
  return /^[a-z0-9._-]+$/i.test(hostname);
}
