import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

/** A language the pages speak, as BCP 47 tag (RFC 5646). */
export type Locale = 'en' | 'zh-CN';

/** The name of a sentence. */
export type WordKey = keyof typeof en;

/** All sentences of one language; a missing key does not compile. */
export type Words = Readonly<Record<WordKey, string>>;

/** The sentences of every language. */
export type Catalogue = Readonly<Record<Locale, Words>>;

/** The names in braces of a sentence, such as `application` in `Sign in to {application}`. */
export type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The names in braces that the sentence `K` needs. */
export type PlaceholdersOf<K extends WordKey> = Placeholders<(typeof en)[K]>;

/** Our own sentences, before any override. */
export const CATALOGUE: Catalogue = { en, 'zh-CN': zhCN };

/** The languages in the order in which the language switch shows them. */
export const LOCALES: readonly Locale[] = ['en', 'zh-CN'];

/** How each language calls itself. */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = { en: 'English', 'zh-CN': '简体中文' };

/** Whether `key` names a sentence of the catalogue. */
export function isWordKey(key: string): key is WordKey {
  return Object.hasOwn(en, key);
}

/** The names in braces of a sentence at run time, sorted, each once. */
export function placeholdersIn(sentence: string): readonly string[] {
  return [...new Set([...sentence.matchAll(/\{([a-zA-Z]+)\}/g)].map((match) => match[1] ?? ''))].toSorted();
}
