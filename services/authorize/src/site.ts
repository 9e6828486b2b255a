import { type HttpRequest, type HttpResponse, setCookie } from '@tessera/http';
import type { Client } from '@tessera/oauth';
import type { CookieScope } from './flow/browser.ts';
import type { Locale } from './locales/catalogue.ts';
import { chooseLocale, findLocale } from './locales/choose-locale.ts';
import type { AuthorizePorts } from './ports.ts';
import { languageLinks } from './views/language-links.ts';
import type { ApplicationModel, PageModel } from './views/models.ts';
import type { Page } from './views/page.ts';

/** Paths, cookies and words that the endpoints share. */
export interface Site {
  /** The issuer's path, `''` or like `/dex`. */
  readonly basePath: string;
  readonly cookies: CookieScope;
  /** The part of a page's model that follows from the request and its sign-in: language, language switch, application. */
  pageModel(request: PageRequest, subject?: PageSubject): PageModel;
}

/** What of a request decides the language of a page. */
export type PageRequest = Pick<HttpRequest, 'queryString' | 'headers'> & {
  /** Only the page of a GET can be had again by a link, in another language. */
  readonly method?: HttpRequest['method'];
  readonly path?: string;
  cookie?(name: string): string | undefined;
};

/** What a page is about, as far as it is known. */
export interface PageSubject {
  readonly client?: Pick<Client, 'name' | 'logoUrl' | 'settings'> | undefined;
  /** Only where the client may be answered there; empty = its answer goes to a device (RFC 8628). */
  readonly redirectUri?: string | undefined;
  /** The language the client asked for; what the address of the page says comes before it. */
  readonly locale?: Locale | undefined;
}

const LOCALE_COOKIE = 'tessera_locale';

/** Prepares what the endpoints of one issuer share. */
export function createSite({ config }: Pick<AuthorizePorts, 'config'>): Site {
  const issuer = new URL(config.issuer);
  const basePath = issuer.pathname.replace(/\/+$/, '');
  return {
    basePath,
    cookies: { path: basePath === '' ? '/' : basePath, isSecure: issuer.protocol === 'https:' },
    pageModel: (request, { client, redirectUri, locale } = {}) => ({
      locale: chooseLocale({
        uiLocales: localeOf(request.queryString) ?? locale,
        cookie: request.cookie?.(LOCALE_COOKIE),
        acceptLanguage: request.headers['accept-language'],
      }),
      application: client === undefined ? undefined : applicationModel(client, redirectUri),
      languageLinks:
        request.method === 'GET' && request.path !== undefined
          ? languageLinks(`${request.path}?${request.queryString}`)
          : undefined,
    }),
  };
}

function applicationModel(
  { name, logoUrl, settings: { clientUri, policyUri, tosUri } }: Pick<Client, 'name' | 'logoUrl' | 'settings'>,
  redirectUri: string | undefined,
): ApplicationModel {
  return { name, logoUrl, redirectUri, isOnDevice: redirectUri === '', clientUri, policyUri, tosUri };
}

/** A request as the GET it could be repeated by, so that its page has a language switch. */
export function repeatableBy(request: HttpRequest, path: string, queryString: string): PageRequest {
  return { method: 'GET', path, queryString, headers: request.headers, cookie: (name) => request.cookie(name) };
}

/** A page as an answer; the language a person asked for in the address is remembered for the pages that follow. */
export function pageResponse(
  status: number,
  page: Page,
  site: Site,
  request: PageRequest,
  cookies: readonly string[] = [],
): HttpResponse {
  const chosen = isOwnChoice(request) ? localeOf(request.queryString) : undefined;
  const remembered = chosen === undefined ? [] : [setCookie({ name: LOCALE_COOKIE, value: chosen, ...site.cookies })];
  return { status, headers: { ...page.headers, 'set-cookie': [...cookies, ...remembered] }, body: page.html };
}

/** The language that `ui_locales` in a query asks for, if we have it. */
export function localeOf(queryString: string): Locale | undefined {
  return findLocale(new URLSearchParams(queryString).get('ui_locales') ?? undefined);
}

/** A link of ours, as far as the browser tells (Fetch Metadata): the wish of a client is not a person's choice. */
function isOwnChoice({ headers }: PageRequest): boolean {
  const from = headers['sec-fetch-site'];
  return from === undefined || from === 'same-origin';
}
