/** A word of nginx's configuration, in quotes where it needs them. */
export function quoted(text: string): string {
  return /^[\w/.~-]+$/.test(text) ? text : `"${quotable(text)}"`;
}

/** What stands between double quotes. */
export function quotable(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}

/** A regular expression for the text itself. */
export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The issuer's path as nginx sees it; unchanged when it is malformed, as nobody can ask for it. */
export function percentDecoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Lines of a block, moved in; empty lines stay empty. */
export function indented(lines: readonly string[], spaces: number): string {
  return lines.map((line) => (line === '' ? '' : `${' '.repeat(spaces)}${line}`)).join('\n');
}
