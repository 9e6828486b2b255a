import { LOCALES } from '../locales/catalogue.ts';
import type { LanguageLink } from './models.ts';

const MAX_CHARACTERS = 6_000;

/**
 * The current page in each language: its path and query with `ui_locales` added or replaced (OIDC Core §3.1.2.1). Undefined
 * for a page that a link cannot repeat, because its query is too long.
 *
 * `pathAndQuery` is that of the request, from the root; a leading `//` is made harmless.
 */
export function languageLinks(pathAndQuery: string): readonly LanguageLink[] | undefined {
  if (pathAndQuery.length > MAX_CHARACTERS) {
    return undefined;
  }
  const cut = pathAndQuery.indexOf('?');
  const path = cut < 0 ? pathAndQuery : pathAndQuery.slice(0, cut);
  const url = URL.parse(`http://localhost/${path.replace(/^[/\\]+/, '')}`);
  if (url === null) {
    return undefined;
  }
  const query = new URLSearchParams(cut < 0 ? '' : pathAndQuery.slice(cut + 1));
  const links = LOCALES.map((locale) => {
    query.set('ui_locales', locale);
    return { locale, href: `${url.pathname.replace(/^\/+/, '/')}?${query.toString()}` };
  });
  // Writing the query anew encodes what browsers leave as it is, so a link can be three times as long as the address.
  return links.some(({ href }) => href.length > MAX_CHARACTERS) ? undefined : links;
}
