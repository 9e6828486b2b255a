const BASE64URL = /^[A-Za-z0-9_-]*$/;

/**
 * Decodes base64url without padding. Bytes have one spelling only: another alphabet, padding and stray bits in the last
 * character are refused with undefined.
 */
export function decodeCanonicalBase64url(text: string): Buffer | undefined {
  if (!BASE64URL.test(text)) {
    return undefined;
  }
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
