import { CATALOGUE, type Catalogue, isWordKey, type Locale, placeholdersIn, type Words } from './catalogue.ts';

/** Our catalogue with some words replaced, and what could not be used. */
export interface OverriddenWords {
  readonly catalogue: Catalogue;
  /** One sentence for each word that was left as ours, fit for a log line. */
  readonly problems: readonly string[];
}

/**
 * Replaces words by those of `readLocale`, which returns the JSON text of `<locale>.json` or undefined. A word that we do
 * not have or that needs something we do not give is left out and reported, so that an upgrade never breaks a page.
 */
export function overrideWords(readLocale: (locale: Locale) => string | undefined): OverriddenWords {
  const problems: string[] = [];
  const wordsOf = (locale: Locale): Words => {
    const text = readLocale(locale);
    if (text === undefined) {
      return CATALOGUE[locale];
    }
    return { ...CATALOGUE[locale], ...usableWords(text, locale, problems) };
  };
  return { catalogue: { en: wordsOf('en'), 'zh-CN': wordsOf('zh-CN') }, problems };
}

function usableWords(text: string, locale: Locale, problems: string[]): Partial<Words> {
  const file = `locales/${locale}.json`;
  const words: Record<string, string> = {};
  const overrides = parseObject(text);
  if (overrides === undefined) {
    problems.push(`${file}: must be a JSON object of texts`);
    return {};
  }
  for (const [key, value] of Object.entries(overrides)) {
    if (!isWordKey(key)) {
      problems.push(`${file}: there is no word ${JSON.stringify(key.slice(0, 80))}`);
    } else if (typeof value !== 'string') {
      problems.push(`${file}: ${key} must be text`);
    } else if (!hasOnly(placeholdersIn(CATALOGUE[locale][key]), placeholdersIn(value))) {
      problems.push(`${file}: ${key} has a name in braces that is not known there`);
    } else {
      words[key] = value;
    }
  }
  return words;
}

function hasOnly(known: readonly string[], used: readonly string[]): boolean {
  return used.every((name) => known.includes(name));
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
