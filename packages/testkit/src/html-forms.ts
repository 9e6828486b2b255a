/** A button that can submit a form. */
export interface FormButton {
  readonly name: string | undefined;
  readonly value: string;
  /** What stands on it. */
  readonly label: string;
}

/** A form of a page, as a person without a mouse would send it. */
export interface HtmlForm {
  /** Where it is sent, absolute. */
  readonly action: URL;
  readonly method: 'GET' | 'POST';
  /** The page on which it stands. */
  readonly page: URL;
  /** Names and present values of its fields, hidden ones included, unchecked boxes and disabled fields not. */
  readonly fields: Readonly<Record<string, string>>;
  /** Its submit buttons, in order. */
  readonly buttons: readonly FormButton[];
}

type Attributes = ReadonlyMap<string, string>;

/** Finds the forms of an HTML page. `page` is the page's address, against which actions are resolved. */
export function parseForms(html: string, page: URL | string): HtmlForm[] {
  const base = new URL(page);
  const visible = html.replace(/<!--[\s\S]*?-->|<(script|style)\b[\s\S]*?<\/\1\s*>/gi, '');
  return [...visible.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form\s*>/gi)].map(([, tag = '', body = '']) => {
    const attributes = parseAttributes(tag);
    const action = attributes.get('action') ?? '';
    return {
      action: new URL(action === '' ? base.href : action, base),
      method: attributes.get('method')?.toLowerCase() === 'post' ? 'POST' : 'GET',
      page: base,
      fields: { ...inputFields(body), ...selectFields(body), ...textareaFields(body) },
      buttons: buttonsOf(body),
    };
  });
}

/** Replaces the character references of HTML that servers write: named `&amp; &lt; &gt; &quot; &apos; &nbsp;`, and numbers. */
export function decodeHtml(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi, (all, decimal, hex, name) => {
    if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? all;
    const codePoint = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return codePoint <= 0x10_ff_ff ? String.fromCodePoint(codePoint) : '\ufffd';
  });
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };
const BUTTON_TYPES = ['submit', 'image', 'button', 'reset', 'file'];

function inputFields(body: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, tag = ''] of body.matchAll(/<input\b((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi)) {
    const attributes = parseAttributes(tag);
    const type = attributes.get('type')?.toLowerCase() ?? 'text';
    const name = fieldName(attributes);
    if (name === undefined || BUTTON_TYPES.includes(type)) continue;
    const isBox = type === 'checkbox' || type === 'radio';
    if (isBox && !attributes.has('checked')) continue;
    fields[name] = attributes.get('value') ?? (isBox ? 'on' : '');
  }
  return fields;
}

function selectFields(body: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, tag = '', content = ''] of body.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select\s*>/gi)) {
    const name = fieldName(parseAttributes(tag));
    const options = [...content.matchAll(/<option\b([^>]*)>([^<]*)/gi)].map(([, option = '', label = '']) => {
      const attributes = parseAttributes(option);
      const value = attributes.get('value') ?? decodeHtml(label).trim();
      return { value, isSelected: attributes.has('selected') };
    });
    const chosen = options.find((option) => option.isSelected) ?? options[0];
    if (name !== undefined && chosen) fields[name] = chosen.value;
  }
  return fields;
}

function textareaFields(body: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [, tag = '', content = ''] of body.matchAll(/<textarea\b([^>]*)>([\s\S]*?)<\/textarea\s*>/gi)) {
    const name = fieldName(parseAttributes(tag));
    // HTML §13.2.6.4.7: a line break right after the opening tag is not part of the value.
    if (name !== undefined) fields[name] = decodeHtml(content.replace(/^\r?\n/, ''));
  }
  return fields;
}

function buttonsOf(body: string): FormButton[] {
  const pattern = /<button\b([^>]*)>([\s\S]*?)<\/button\s*>|<input\b((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi;
  return [...body.matchAll(pattern)].flatMap(([, buttonTag, content = '', inputTag = '']) => {
    const attributes = parseAttributes(buttonTag ?? inputTag);
    const type = attributes.get('type')?.toLowerCase() ?? (buttonTag === undefined ? 'text' : 'submit');
    if (type !== 'submit' || attributes.has('disabled')) return [];
    const value = attributes.get('value') ?? '';
    const label = buttonTag === undefined ? value : decodeHtml(content.replace(/<[^>]*>/g, '')).trim();
    return [{ name: attributes.get('name'), value, label }];
  });
}

function fieldName(attributes: Attributes): string | undefined {
  const name = attributes.get('name');
  return name === '' || attributes.has('disabled') ? undefined : name;
}

function parseAttributes(tag: string): Attributes {
  const attributes = new Map<string, string>();
  const pattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;
  for (const [, name = '', double, single, bare] of tag.matchAll(pattern)) {
    const key = name.toLowerCase();
    // The first of two equal attributes counts.
    if (!attributes.has(key)) attributes.set(key, decodeHtml(double ?? single ?? bare ?? ''));
  }
  return attributes;
}
