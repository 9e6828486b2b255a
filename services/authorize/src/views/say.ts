import type { Locale, PlaceholdersOf, WordKey, Words } from '../locales/catalogue.ts';
import { html, type SafeHtml } from './html.ts';

type TextArguments<K extends WordKey> = [PlaceholdersOf<K>] extends [never]
  ? []
  : [values: Readonly<Record<PlaceholdersOf<K>, string>>];

type MarkupArguments<K extends WordKey> = [PlaceholdersOf<K>] extends [never]
  ? []
  : [values: Readonly<Record<PlaceholdersOf<K>, string | SafeHtml>>];

/** The sentences of one language, filled in. */
export interface Say {
  readonly locale: Locale;
  /** A sentence as plain text, for attributes and titles. */
  text<K extends WordKey>(key: K, ...values: TextArguments<K>): string;
  /** A sentence as markup; the values are escaped unless they are markup themselves. */
  html<K extends WordKey>(key: K, ...values: MarkupArguments<K>): SafeHtml;
}

/** Speaks one language of the catalogue. */
export function createSay(locale: Locale, words: Words): Say {
  return {
    locale,
    text: (key, ...values) => pieces(words[key], values[0]).join(''),
    html: (key, ...values) => {
      const parts = pieces<string | SafeHtml>(words[key], values[0]).map((piece) => html`${piece}`);
      return html`${parts}`;
    },
  };
}

/** A sentence cut at its names in braces, with the values in their places; each value is used as it is. */
function pieces<V>(sentence: string, values: Readonly<Record<string, V>> = {}): readonly (string | V)[] {
  return sentence.split(/(\{[a-zA-Z]+\})/).map((piece) => {
    const name = /^\{([a-zA-Z]+)\}$/.exec(piece)?.[1];
    return name !== undefined && Object.hasOwn(values, name) ? (values[name] ?? piece) : piece;
  });
}
