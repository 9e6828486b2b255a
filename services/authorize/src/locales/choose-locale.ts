import type { Locale } from './catalogue.ts';

/** What a request says about the languages its person reads. Everything is untrusted. */
export interface LocaleWishes {
  /** The parameter `ui_locales`: tags separated by spaces, best first (OIDC Core §3.1.2.1). */
  readonly uiLocales?: string | undefined;
  /** What the person chose before. */
  readonly cookie?: string | undefined;
  /** The header `Accept-Language` (RFC 9110 §12.5.4). */
  readonly acceptLanguage?: string | undefined;
}

const DEFAULT_LOCALE: Locale = 'en';
const MAX_CHARACTERS = 512;
const MAX_TAGS = 32;

/**
 * Picks the language of a page: `ui_locales`, then the person's choice, then `Accept-Language`, then English. Any Chinese
 * comes out as Simplified Chinese, the nearest we have. Reads a bounded part of its input and never throws.
 */
export function chooseLocale(wishes: LocaleWishes): Locale {
  return (
    findLocale(wishes.uiLocales) ??
    findLocale(wishes.cookie) ??
    firstKnown(acceptedTags(wishes.acceptLanguage)) ??
    DEFAULT_LOCALE
  );
}

/** The first tag of `ui_locales` that we have a language for; undefined when there is none. Never throws. */
export function findLocale(uiLocales: string | undefined): Locale | undefined {
  return firstKnown(tagsBetween(uiLocales, /\s+/));
}

function firstKnown(tags: readonly string[]): Locale | undefined {
  for (const tag of tags) {
    const locale = nearestLocale(tag);
    if (locale !== undefined) {
      return locale;
    }
  }
  return undefined;
}

/** RFC 4647 §3.4 lookup, shortened to what two languages need: the primary subtag decides. */
function nearestLocale(tag: string): Locale | undefined {
  const primary = /^([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*$/i.exec(tag)?.[1]?.toLowerCase();
  switch (primary) {
    case 'en':
      return 'en';
    case 'zh':
    case 'cmn':
      return 'zh-CN';
    default:
      return undefined;
  }
}

function tagsBetween(text: string | undefined, separator: RegExp): readonly string[] {
  return text === undefined ? [] : text.slice(0, MAX_CHARACTERS).trim().split(separator, MAX_TAGS);
}

/** The tags of `Accept-Language`, best first; a quality of 0 or one that is not a number takes a tag out. */
function acceptedTags(header: string | undefined): readonly string[] {
  return tagsBetween(header, /,/)
    .map((item) => {
      const [tag = '', ...parameters] = item.split(';').map((part) => part.trim());
      const quality = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : parseQuality(quality) };
    })
    .filter((item) => item.quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map((item) => item.tag);
}

/** RFC 9110 §12.4.2: 0 to 1 with up to three decimals. */
function parseQuality(text: string): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
