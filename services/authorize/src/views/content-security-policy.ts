import { parseWebUrl } from './safe-url.ts';

/** What a page needs beyond its own server. */
export interface PolicyNeeds {
  /** Redirect URI of the application when the page has a form: browsers apply `form-action` to redirects as well. */
  readonly redirectUri?: string | undefined;
  /** Addresses of images; those on `https:` are allowed anyway. */
  readonly images: readonly (string | undefined)[];
}

/** The `Content-Security-Policy` of a page (CSP Level 3): nothing but our own files, no frames, no foreign form targets. */
export function contentSecurityPolicy(needs: PolicyNeeds): string {
  const images = needs.images.flatMap((image) => plainHttpOrigin(image));
  const target = needs.redirectUri === undefined ? undefined : formTarget(needs.redirectUri);
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    ['img-src', "'self'", 'data:', 'https:', ...new Set(images)].join(' '),
    ['form-action', "'self'", ...(target === undefined ? [] : [target])].join(' '),
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

function plainHttpOrigin(image: string | undefined): readonly string[] {
  const url = image === undefined ? undefined : parseWebUrl(image);
  return url?.protocol === 'http:' && isHostSource(url.hostname) ? [url.origin] : [];
}

/** Host names may hold `;` and `,` (WHATWG URL §3.1), which would end the directive or the header. */
function isHostSource(hostname: string): boolean {
  return /^[a-z0-9._-]+$/i.test(hostname);
}
