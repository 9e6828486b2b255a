const ADDRESS: unique symbol = Symbol('address');

/** An address that was checked for the place it goes to. Only this module makes one. */
export interface SafeUrl {
  readonly [ADDRESS]: string;
}

const MAX_CHARACTERS = 8_192;
const DATA_IMAGE = /^data:image\/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/;

/** The text of a `SafeUrl`; undefined for anything else. */
export function urlText(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && ADDRESS in value && typeof value[ADDRESS] === 'string'
    ? value[ADDRESS]
    : undefined;
}

/**
 * An address on this very server: a path from the root, or a query of the current page. Throws `TypeError` for anything
 * else, because only our own code makes these.
 */
export function localUrl(address: string): SafeUrl {
  if (!isLocal(address)) {
    throw new TypeError('not an address of this server');
  }
  return { [ADDRESS]: address };
}

/** Where a link may lead: this server, or `https:` and `http:` elsewhere. Undefined when it may not (N13, N69). */
export function safeUrl(address: string | undefined): SafeUrl | undefined {
  if (address === undefined || address.length > MAX_CHARACTERS) {
    return undefined;
  }
  if (isLocal(address)) {
    return { [ADDRESS]: address };
  }
  const url = parseWebUrl(address);
  return url === undefined ? undefined : { [ADDRESS]: url.href };
}

/** A page elsewhere on the web that somebody else named; undefined for anything else, our own server included (N13). */
export function webUrl(address: string | undefined): SafeUrl | undefined {
  const isBounded = address !== undefined && address.length <= MAX_CHARACTERS;
  const url = isBounded ? parseWebUrl(address) : undefined;
  return url === undefined ? undefined : { [ADDRESS]: url.href };
}

/**
 * Where an image may come from: as {@link safeUrl}, or inline in base64 (at most 8 KiB). Undefined
 * when it may not.
 */
export function safeImageUrl(address: string | undefined): SafeUrl | undefined {
  return address !== undefined && address.length <= MAX_CHARACTERS && DATA_IMAGE.test(address)
    ? { [ADDRESS]: address }
    : safeUrl(address);
}

/** An absolute `https:` or `http:` address without credentials; undefined for everything else. */
export function parseWebUrl(address: string): URL | undefined {
  const url = URL.parse(address);
  const isWeb = url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
  return isWeb && url.username === '' && url.password === '' ? url : undefined;
}

/** Browsers drop tabs and line ends and read `\` as `/`, so that `/\host` and `/<tab>/host` would leave this server. */
function isLocal(address: string): boolean {
  return address.length <= MAX_CHARACTERS && /^(?:\/(?!\/)|\?|#)[^\\\p{Cc}\p{Zs}]*$/u.test(address);
}
