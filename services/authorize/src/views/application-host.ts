/** Where an application lives, as its redirect URI tells: what a person can compare with what they know. */
export type ApplicationHost =
  | { readonly kind: 'web'; readonly host: string }
  | { readonly kind: 'device'; readonly scheme: string };

/**
 * The host of a redirect URI, with its port and in ASCII form, so that look-alike letters show; for a native
 * application (RFC 8252 §7.1) its scheme. Undefined for what is no address.
 */
export function applicationHost(redirectUri: string | undefined): ApplicationHost | undefined {
  const url = redirectUri === undefined ? null : URL.parse(redirectUri);
  if (url === null) {
    return undefined;
  }
  return url.protocol === 'https:' || url.protocol === 'http:'
    ? { kind: 'web', host: url.host }
    : { kind: 'device', scheme: url.protocol.slice(0, -1) };
}
