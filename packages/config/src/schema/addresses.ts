import { isIP, isIPv6 } from 'node:net';

/** A rule for {@link checkedText}: `host:port`, `:port`, `[::1]:port`. Returns what is wrong, or undefined. */
export function listenAddressFault(value: string): string | undefined {
  const parts = splitHostPort(value);
  if (parts?.port !== undefined && (parts.host === '' || isHostName(parts.host))) return undefined;
  return 'must be an address to listen on such as 0.0.0.0:5556, :5556 or [::1]:5556';
}

/** A rule: `host:port` that can be dialled, or `dns:///name:port`. */
export function dialAddressFault(value: string): string | undefined {
  const parts = splitHostPort(value.startsWith('dns:///') ? value.slice('dns:///'.length) : value);
  if (parts?.port !== undefined && parts.port > 0 && isHostName(parts.host)) return undefined;
  return 'must be host:port or dns:///name:port';
}

/** Splits `host`, `host:port` and `[v6]:port`; undefined when it is none of them. The host is without brackets. */
export function splitHostPort(value: string): { readonly host: string; readonly port?: number } | undefined {
  if (isIPv6(value)) return { host: value };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(value);
  if (match === null) return undefined;
  const [, bracketed, plain, digits] = match;
  if (bracketed !== undefined && !isIPv6(bracketed)) return undefined;
  const host = bracketed ?? plain ?? '';
  if (digits === undefined) return { host };
  const port = Number(digits);
  return port <= 65535 ? { host, port } : undefined;
}

/** Joins again, with brackets around IPv6 addresses. */
export function joinHostPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Whether text may stand as a host name or IP address. */
export function isHostName(value: string): boolean {
  return isIP(value) !== 0 || (value.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(value));
}

/** Whether a host name or address (brackets allowed) is this machine. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** A rule: an IP range such as `10.0.0.0/8` or `fd00::/8`. */
export function cidrFault(value: string): string | undefined {
  const [address = '', bits = '', ...rest] = value.split('/');
  const version = isIP(address);
  const isRange =
    version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  return isRange ? undefined : 'must be an IP range such as 10.0.0.0/8 or fd00::/8';
}

/** A rule: an absolute http or https URL without user information. */
export function httpUrlFault(value: string): string | undefined {
  const url = parseHttpUrl(value);
  if (url === undefined) return 'must be an absolute http or https URL';
  return hasUserInformation(url) ? 'must not contain a user name or password' : undefined;
}

/** A rule: as {@link httpUrlFault}, and without a fragment. */
export function fragmentlessUrlFault(value: string): string | undefined {
  return httpUrlFault(value) ?? (value.includes('#') ? 'must not have a fragment (the part from #)' : undefined);
}

/** A rule: as {@link httpUrlFault}, and plain http only to this machine. */
export function secureUrlFault(value: string): string | undefined {
  const url = parseHttpUrl(value);
  const isReadable = url?.protocol === 'http:' && !isLoopbackHost(url.hostname);
  return httpUrlFault(value) ?? (isReadable ? 'must be https; plain http is only for this machine' : undefined);
}

/** A rule: an origin as browsers send it, scheme, host and port alone (RFC 6454 §6.1). */
export function originFault(value: string): string | undefined {
  const url = parseHttpUrl(value);
  if (url === undefined) return 'must be an origin such as https://app.example.org';
  return url.origin === value ? undefined : `must be an origin, without a path; write ${url.origin}`;
}

/** Parses an absolute http(s) URL; undefined for anything else, also for text with spaces or control characters. */
export function parseHttpUrl(value: string): URL | undefined {
  // The URL parser silently drops such characters and turns backslashes, which would hide a typing error.
  if (!/^https?:\/\/[^\s\\/][^\s\\]*$/i.test(value)) return undefined;
  return URL.parse(value) ?? undefined;
}

/** Whether `user:password@` stands in the URL. */
export function hasUserInformation(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}
