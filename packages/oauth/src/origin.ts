/**
 * Whether the value of an `Origin` header is among `allowed`, compared as the whole tuple of scheme, host and port
 * (RFC 6454 §5). `*` in `allowed` admits every origin but `null`, which every sandboxed page may claim.
 */
export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  const tuple = serializeOrigin(origin);
  if (tuple === undefined || tuple !== origin) {
    return false;
  }
  return allowed.some((item) => item === '*' || serializeOrigin(item) === tuple);
}

/** The origin of a URL as text; undefined when it has none, or when `value` is more than an origin. */
function serializeOrigin(value: string): string | undefined {
  const parsed = URL.parse(value);
  if (parsed === null || parsed.origin === 'null') {
    return undefined;
  }
  const isOriginOnly =
    parsed.pathname === '/' &&
    parsed.search === '' &&
    parsed.hash === '' &&
    parsed.username === '' &&
    parsed.password === '';
  return isOriginOnly ? parsed.origin : undefined;
}
