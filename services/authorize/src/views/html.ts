import { type SafeUrl, urlText } from './safe-url.ts';

const MARKUP: unique symbol = Symbol('markup');
const ATTRIBUTES: unique symbol = Symbol('attributes');

/** Markup made by {@link html}, and by nothing else: the brand is a symbol that this module keeps to itself. */
export interface SafeHtml {
  readonly [MARKUP]: string;
}

/** Attributes made by {@link attributes}, to stand inside a tag. */
export interface SafeAttributes {
  readonly [ATTRIBUTES]: string;
}

/** What may stand in a template. Text is escaped; `undefined` and `false` leave nothing. */
export type Interpolation =
  | string
  | number
  | SafeHtml
  | SafeAttributes
  | SafeUrl
  | readonly SafeHtml[]
  | undefined
  | false;

/**
 * The template tag that makes markup. Every interpolation is escaped for the place it stands in (N69, N71). Throws
 * `TypeError` for a place or a value that cannot be made safe: an unquoted attribute, an event handler, a style, the
 * inside of a script, markup inside an attribute, or an address that did not come from `safe-url.ts`.
 */
export function html(chunks: TemplateStringsArray, ...values: readonly Interpolation[]): SafeHtml {
  const place = createPlaceTracker();
  let markup = '';
  for (const [index, chunk] of chunks.entries()) {
    markup += chunk;
    if (index < values.length) {
      markup += render(values[index], place(chunk));
    }
  }
  return { [MARKUP]: markup };
}

/** The markup as text, to be sent. */
export function htmlText(markup: SafeHtml): string {
  return markup[MARKUP];
}

/** Escapes text for element content and for quoted attributes alike. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Attributes that depend on something: `true` stands without a value, `undefined` and `false` not at all. Throws `TypeError`
 * for event handlers, styles, and addresses that are not a `SafeUrl`.
 */
export function attributes(
  values: Readonly<Record<string, string | number | boolean | SafeUrl | undefined>>,
): SafeAttributes {
  let text = '';
  for (const [name, value] of Object.entries(values)) {
    if (!/^[a-z][a-z-]*$/.test(name)) {
      throw new TypeError(`not an attribute name: ${name}`);
    }
    if (value === true) {
      text += ` ${name}`;
    } else if (value !== undefined && value !== false) {
      text += ` ${name}="${renderAttribute(value, { name, isWhole: true })}"`;
    }
  }
  return { [ATTRIBUTES]: text };
}

type Place =
  | { readonly kind: 'content' }
  | { readonly kind: 'tag' }
  | { readonly kind: 'attribute'; readonly name: string; readonly isWhole: boolean }
  | { readonly kind: 'forbidden' };

const URL_ATTRIBUTES: ReadonlySet<string> = new Set(['href', 'src', 'action', 'formaction', 'poster', 'data', 'cite']);
const FORBIDDEN_ATTRIBUTE = /^(?:on.*|style|srcset|srcdoc|ping|http-equiv)$/;

/** Follows the fixed parts of a template and tells in which place the next value stands. */
function createPlaceTracker(): (chunk: string) => Place {
  let inTag = false;
  let element = '';
  let attribute: string | undefined;
  return (chunk) => {
    let rest = chunk;
    let isWhole = false;
    while (rest !== '') {
      if (attribute !== undefined) {
        const end = rest.indexOf('"');
        rest = end < 0 ? '' : rest.slice(end + 1);
        attribute = end < 0 ? attribute : undefined;
      } else if (inTag) {
        const next = /^[^">]*?(?:([a-z-]+)="|(>))/.exec(rest);
        if (next === null) {
          return /[='"]\s*$|<$|<\/?[a-z0-9-]*$/.test(rest) ? { kind: 'forbidden' } : { kind: 'tag' };
        }
        rest = rest.slice(next[0].length);
        attribute = next[1];
        isWhole = rest === '' && attribute !== undefined;
        inTag = next[2] === undefined;
      } else {
        const start = /<(\/?[a-z][a-z0-9]*|!doctype)/.exec(rest);
        if (start === null) {
          return element === 'script' || element === 'style' || rest.includes('<!--') || rest.endsWith('<')
            ? { kind: 'forbidden' }
            : { kind: 'content' };
        }
        element = start[1] ?? '';
        rest = rest.slice(start.index + start[0].length);
        inTag = true;
      }
    }
    if (attribute !== undefined) {
      return { kind: 'attribute', name: attribute, isWhole };
    }
    if (inTag) {
      return { kind: 'tag' };
    }
    return element === 'script' || element === 'style' ? { kind: 'forbidden' } : { kind: 'content' };
  };
}

function render(value: Interpolation, place: Place): string {
  switch (place.kind) {
    case 'content':
      return renderContent(value);
    case 'tag':
      if (typeof value === 'object' && ATTRIBUTES in value) {
        return value[ATTRIBUTES];
      }
      throw new TypeError('only attributes() may stand inside a tag');
    case 'attribute':
      return renderAttribute(value, place);
    case 'forbidden':
      throw new TypeError('a value cannot be made safe in this place of a template');
  }
}

function renderContent(value: Interpolation): string {
  if (value === undefined || value === false) {
    return '';
  }
  if (typeof value === 'string' || typeof value === 'number') {
    return escapeText(String(value));
  }
  if (Array.isArray(value)) {
    return value.map((item: SafeHtml) => item[MARKUP]).join('');
  }
  if (MARKUP in value) {
    return value[MARKUP];
  }
  throw new TypeError('attributes and addresses are not content');
}

function renderAttribute(value: unknown, place: { readonly name: string; readonly isWhole: boolean }): string {
  if (FORBIDDEN_ATTRIBUTE.test(place.name)) {
    throw new TypeError(`the attribute ${place.name} is always fixed`);
  }
  const url = urlText(value);
  if (URL_ATTRIBUTES.has(place.name)) {
    if (url === undefined || !place.isWhole) {
      throw new TypeError(`the attribute ${place.name} takes one SafeUrl`);
    }
    return escapeText(url);
  }
  if (typeof value === 'string' || typeof value === 'number') {
    return escapeText(String(value));
  }
  throw new TypeError(`the attribute ${place.name} takes text`);
}
