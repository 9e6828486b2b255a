/** A network address to listen on or to dial, taken apart. */
export interface ListenAddress {
  /** Without brackets; empty = every address of the machine. */
  readonly host: string;
  readonly port: number;
}

/** Takes `host:port`, `:port` or `[v6]:port` apart; undefined when it is none of them. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port <= 65_535 ? { host: match[1] ?? match[2] ?? '', port } : undefined;
}

/** Whether `host:port` (or `dns:///host:port`) is reached from this machine alone. */
export function isLoopbackAddress(text: string): boolean {
  const host = parseListenAddress(text.replace(/^dns:\/\/\//, ''))?.host.toLowerCase() ?? '';
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
