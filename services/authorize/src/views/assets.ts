import { createHash } from 'node:crypto';
import type { FrontendConfig } from '@tessera/config';
import { TESSERA_ICON_SVG } from './marks.ts';
import type { OverrideFolder } from './override-folder.ts';
import { localUrl, type SafeUrl, safeImageUrl, urlText } from './safe-url.ts';
import { themeStylesheet } from './theme-stylesheet.ts';

/** A file that never changes under its name. */
export interface Asset {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** Strong validator (RFC 9110 §8.8.3), with its quotes. */
  readonly etag: string;
  readonly cacheControl: string;
  /** All headers of the answer, by lower-case name; the three above are among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The files of the pages and where the pages find them. */
export interface Assets {
  /** By path below the issuer: `/static/tessera-1a2b3c4d5e6f.css`. */
  readonly files: ReadonlyMap<string, Asset>;
  readonly stylesheet: SafeUrl;
  readonly theme: SafeUrl;
  readonly script: SafeUrl;
  readonly icon: SafeUrl;
  /** Undefined = our own mark. */
  readonly logo?: SafeUrl;
  /** The address of the logo where it is not ours, for the policy. */
  readonly logoAddress?: string;
  readonly grounds: { readonly light: string; readonly dark: string };
  readonly problems: readonly string[];
}

const LOGO_TYPES: Readonly<Record<string, string>> = {
  svg: 'image/svg+xml',
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
  gif: 'image/gif',
};

/**
 * Builds the files of the pages: stylesheet, script, colours, icon and logo, each with the hash of its content in its
 * name, so that it can be cached for ever. Files of the override folder take the place of ours.
 */
export function createAssets(
  frontend: FrontendConfig,
  basePath: string,
  ours: { readonly css: Uint8Array; readonly js: Uint8Array },
  overrides: OverrideFolder,
): Assets {
  const files = new Map<string, Asset>();
  const add = (name: string, extension: string, contentType: string, body: Uint8Array): SafeUrl => {
    const hash = createHash('sha256').update(body).digest('hex');
    const path = `/static/${name}-${hash.slice(0, 12)}.${extension}`;
    files.set(path, asset(body, contentType, `"${hash.slice(0, 32)}"`));
    return localUrl(`${basePath}${path}`);
  };
  const colours = themeStylesheet(frontend);
  const css = overrides.read('static/tessera.css') ?? ours.css;
  const js = overrides.read('static/tessera.js') ?? ours.js;
  const stylesheet = add('tessera', 'css', 'text/css; charset=utf-8', css);
  const script = add('tessera', 'js', 'text/javascript; charset=utf-8', js);
  const theme = add('theme', 'css', 'text/css; charset=utf-8', Buffer.from(colours.css));
  const ownIcon = add('icon', 'svg', 'image/svg+xml', Buffer.from(TESSERA_ICON_SVG));
  const configuredLogo = safeImageUrl(logoAddress(frontend.logoUrl, basePath));
  const logo = configuredLogo ?? overriddenLogo(overrides, add);
  const logoText = urlText(logo);
  return {
    files,
    stylesheet,
    theme,
    script,
    icon: logo ?? ownIcon,
    ...(logo === undefined || logoText === undefined ? {} : { logo, logoAddress: logoText }),
    grounds: colours.grounds,
    problems: [
      ...colours.problems,
      ...(frontend.logoUrl !== undefined && configuredLogo === undefined
        ? ['frontend.logoURL: must be a path or an address with https: or http:']
        : []),
    ],
  };
}

/** A relative `logoURL` is meant from the issuer's path on, as in Dex. */
function logoAddress(logoUrl: string | undefined, basePath: string): string | undefined {
  return logoUrl === undefined || /^(?:\/|[a-z][a-z0-9+.-]*:)/i.test(logoUrl) ? logoUrl : `${basePath}/${logoUrl}`;
}

function overriddenLogo(
  overrides: OverrideFolder,
  add: (name: string, extension: string, contentType: string, body: Uint8Array) => SafeUrl,
): SafeUrl | undefined {
  for (const [extension, contentType] of Object.entries(LOGO_TYPES)) {
    const body = overrides.read(`static/logo.${extension}`);
    if (body !== undefined) {
      return add('logo', extension, contentType, body);
    }
  }
  return undefined;
}

function asset(body: Uint8Array, contentType: string, etag: string): Asset {
  const cacheControl = 'public, max-age=31536000, immutable';
  return {
    body,
    contentType,
    etag,
    cacheControl,
    headers: {
      'content-type': contentType,
      etag,
      'cache-control': cacheControl,
      'x-content-type-options': 'nosniff',
      // A picture opened by itself is a document; it gets no script and no origin.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
    },
  };
}
