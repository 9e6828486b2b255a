import { LOCALE_NAMES, type Locale } from '../locales/catalogue.ts';
import { applicationHost } from './application-host.ts';
import type { Assets } from './assets.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';
import { displayName } from './display-name.ts';
import { attributes, html, htmlText, type SafeHtml } from './html.ts';
import { TESSERA_MARK } from './marks.ts';
import type { ApplicationModel, PageModel } from './models.ts';
import { localUrl, parseWebUrl, type SafeUrl, safeImageUrl } from './safe-url.ts';
import type { Say } from './say.ts';

/** A finished page. The status is the caller's business. */
export interface Page {
  readonly html: string;
  /** All headers of the answer, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What every page of one issuer has in common. */
export interface Site {
  /** Display name. */
  readonly issuerName: string;
  /** Host with its port. */
  readonly issuerHost: string;
  readonly theme: 'light' | 'dark' | 'auto';
  readonly assets: Assets;
  readonly links: readonly { readonly key: 'help' | 'privacy' | 'terms'; readonly href: SafeUrl }[];
  /** The words of a language. */
  say(locale: Locale): Say;
}

/** What one page adds. */
export interface PageParts {
  readonly id: string;
  /** Of the browser's tab, without the issuer's name. */
  readonly title: string;
  /** The inside of `main`, with its one `h1`. */
  readonly main: SafeHtml;
  /** Where a form of the page may end up; undefined when it has none that leaves us. */
  readonly redirectUri?: string | undefined;
  /** Addresses by way of which a form may get there. */
  readonly formTargets?: readonly string[] | undefined;
  /** Source expression that admits a script in `main`. */
  readonly inlineScript?: string | undefined;
  /** Addresses of the frames in `main`. */
  readonly frames?: readonly string[] | undefined;
}

/** A name that somebody chose, kept apart from the direction of the text around it. */
export function nameHtml(name: string): SafeHtml {
  return html`<bdi>${displayName(name)}</bdi>`;
}

/** How the text calls an application, with a fallback for one without a name. */
export function applicationName(application: ApplicationModel | undefined, say: Say): string {
  const name = displayName(application?.name ?? '');
  return name === '' ? say.text('application.unnamed') : name;
}

/**
 * The host of an application in words; undefined when it is not known. One that runs on a device has no address, but perhaps a
 * page of its own.
 */
export function hostText(application: ApplicationModel | undefined, say: Say): string | undefined {
  const host = applicationHost(
    application?.isOnDevice === true ? parseWebUrl(application.clientUri ?? '')?.href : application?.redirectUri,
  );
  if (host === undefined) {
    return undefined;
  }
  // A host is never cut: its end says whose it is.
  return host.kind === 'web' ? host.host : say.text('application.onThisDevice', { scheme: displayName(host.scheme) });
}

/** Puts a page together: the frame with landmarks, and the headers that go with it. */
export function renderPage(site: Site, model: PageModel, parts: PageParts): Page {
  const say = site.say(model.locale);
  const markup = html`<!doctype html>
<html lang="${model.locale}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${parts.title} · ${site.issuerName}</title>
<meta name="robots" content="noindex, nofollow">
<meta name="format-detection" content="telephone=no">
${themeColours(site)}
<link rel="icon" href="${site.assets.icon}">
<link rel="stylesheet" href="${site.assets.theme}">
<link rel="stylesheet" href="${site.assets.stylesheet}">
<script src="${site.assets.script}" defer></script>
</head>
<body id="page-${parts.id}">
<header class="issuer" id="issuer">${logo(site)}<span class="issuer-name" id="issuer-name">${nameHtml(site.issuerName)}</span></header>
<main id="main" class="card">
${applicationRow(model.application, say)}${parts.main}
</main>
${footer(site, model, say)}
</body>
</html>
`;
  return {
    html: htmlText(markup),
    headers: pageHeaders(
      model.locale,
      contentSecurityPolicy({
        redirectUri: parts.redirectUri,
        formTargets: parts.formTargets,
        inlineScript: parts.inlineScript,
        frames: parts.frames,
        images: [site.assets.logoAddress, model.application?.logoUrl],
      }),
    ),
  };
}

function pageHeaders(locale: Locale, policy: string): Readonly<Record<string, string>> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-language': locale,
    'content-security-policy': policy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  };
}

function themeColours(site: Site): SafeHtml {
  const { light, dark } = site.assets.grounds;
  switch (site.theme) {
    case 'light':
      return html`<meta name="theme-color" content="${light}">`;
    case 'dark':
      return html`<meta name="theme-color" content="${dark}">`;
    case 'auto':
      return html`<meta name="theme-color" media="(prefers-color-scheme: light)" content="${light}">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="${dark}">`;
  }
}

function logo(site: Site): SafeHtml {
  return site.assets.logo === undefined
    ? TESSERA_MARK
    : html`<img class="issuer-logo" src="${site.assets.logo}" alt="" height="32">`;
}

/** Who asks: logo, name and host. */
function applicationRow(application: ApplicationModel | undefined, say: Say): SafeHtml | undefined {
  if (application === undefined) {
    return undefined;
  }
  const image = safeImageUrl(application.logoUrl);
  const name = applicationName(application, say);
  const host = hostText(application, say);
  const mark =
    image === undefined
      ? html`<span class="initial" aria-hidden="true">${firstLetter(name)}</span>`
      : html`<img class="application-logo" id="application-logo" src="${image}" alt="" width="48" height="48">`;
  return html`<div class="application" id="application">${mark}<div><p class="application-name" id="application-name">${nameHtml(name)}</p>${
    host !== undefined && html`<p class="application-host" id="application-host"><bdi>${host}</bdi></p>`
  }</div></div>
`;
}

/** The first letter as people see it, in upper case. */
export function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name);
  return (first?.segment ?? '').slice(0, 16).toUpperCase();
}

function footer(site: Site, model: PageModel, say: Say): SafeHtml {
  const links = site.links.map(
    (link) => html`<a id="link-${link.key}" href="${link.href}">${say.text(`footer.${link.key}`)}</a>`,
  );
  return html`<footer class="${links.length > 0 ? 'footer footer-wide' : 'footer'}">
<p class="about" id="about">${say.text('footer.signInService')} · <bdi id="issuer-host">${site.issuerHost}</bdi></p>
${links.length > 0 && html`<nav class="links" aria-label="${say.text('footer.about')}">${links}</nav>`}
${languageSwitch(model, say)}
</footer>`;
}

function languageSwitch(model: PageModel, say: Say): SafeHtml | undefined {
  if (model.languageLinks === undefined || model.languageLinks.length === 0) {
    return undefined;
  }
  const items = model.languageLinks.map(
    ({ locale, href }) =>
      html`<a id="language-${locale}" href="${localUrl(href)}" lang="${locale}" hreflang="${locale}"${attributes({
        'aria-current': locale === model.locale ? 'true' : undefined,
      })}>${LOCALE_NAMES[locale]}</a>`,
  );
  return html`<nav class="links" id="languages" aria-label="${say.text('footer.language')}">${items}</nav>`;
}
