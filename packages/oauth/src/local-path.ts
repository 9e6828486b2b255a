/** Longest local path, in characters. */
export const MAX_LOCAL_PATH_LENGTH = 4096;

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const ENCODED_SEPARATOR_OR_CONTROL = /%(?:[01][0-9a-f]|7f|2f|5c|25)/i;
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:;[^/]*)?(?=\/|$)/i;

/**
 * Whether a browser may be sent to `value` as a place of our own: a rooted path at or below `issuerPath` (the path of the
 * issuer without a trailing slash, empty for none), with no `//`, backslash, fragment, control byte or dot segment, as such
 * or encoded. What is not clearly safe is refused.
 */
export function isSafeLocalPath(value: string, issuerPath: string): boolean {
  if (value.length > MAX_LOCAL_PATH_LENGTH || !VISIBLE_ASCII.test(value)) {
    return false;
  }
  if (!value.startsWith('/') || value.includes('//') || value.includes('\\') || value.includes('#')) {
    return false;
  }
  const path = value.split('?', 1)[0] ?? '';
  if (ENCODED_SEPARATOR_OR_CONTROL.test(path) || DOT_SEGMENT.test(path)) {
    return false;
  }
  if (path !== issuerPath && !path.startsWith(`${issuerPath}/`)) {
    return false;
  }
  // The browser's own parser has the last word.
  const base = 'https://self.invalid';
  const parsed = URL.parse(value, base);
  return parsed !== null && parsed.origin === base && parsed.pathname === path;
}
