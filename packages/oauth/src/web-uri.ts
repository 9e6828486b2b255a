/**
 * Whether `value` is an absolute `https` or `http` URL that may stand in a link or an image of a page (client, logo,
 * policy and terms URIs, RFC 7591 §2): the scheme is judged in lower case, and user information, backslashes, spaces and
 * control bytes are refused.
 */
export function isWebUri(value: string): boolean {
  if (!/^https?:\/\/[^/?#]/i.test(value) || !/^[\x21-\x5b\x5d-\x7e]+$/.test(value)) {
    return false;
  }
  const authority = value.slice(value.indexOf('//') + 2).split(/[/?#]/, 1)[0] ?? '';
  const parsed = URL.parse(value);
  return parsed !== null && !authority.includes('@') && parsed.username === '' && parsed.password === '';
}
