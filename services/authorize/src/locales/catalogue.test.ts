import { describe, expect, it } from 'vitest';
import { CATALOGUE, LOCALES, placeholdersIn } from './catalogue.ts';
import { en } from './en.ts';
import { overrideWords } from './override-words.ts';

describe('catalogue', () => {
  it.each(LOCALES)('%s has every sentence, with the same names in braces as English', (locale) => {
    const names = (words: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(words).map(([key, sentence]) => [key, placeholdersIn(sentence)]));
    expect(names(CATALOGUE[locale])).toEqual(names(en));
    expect(Object.values(CATALOGUE[locale]).filter((sentence) => sentence.trim() === '')).toEqual([]);
  });

  it('speaks to people without our jargon', () => {
    for (const sentence of Object.values(en)) {
      expect(sentence).not.toMatch(/\b(?:connector|scope|client|token|redirect|issuer|OAuth|OIDC)\b(?!\})/i);
    }
  });
});

describe('overrideWords', () => {
  it('replaces single words and leaves the rest as ours', () => {
    const { catalogue, problems } = overrideWords((locale) =>
      locale === 'en' ? '{"login.submit":"Enter"}' : undefined,
    );
    expect(problems).toEqual([]);
    expect(catalogue).toEqual({ ...CATALOGUE, en: { ...en, 'login.submit': 'Enter' } });
  });

  it.each(['{', '[]', 'null', '"x"', '{"login.submit":1}', '{"__proto__x":"y"}', '{"login.submit":"{password}"}'])(
    'reports %s and keeps ours',
    (text) => {
      const { catalogue, problems } = overrideWords(() => text);
      expect(problems).toHaveLength(2);
      expect(catalogue).toEqual(CATALOGUE);
    },
  );
});
