import type { RouteSpec } from '@tessera/http';

/** A service that answers public requests. */
export type PublicService = RouteSpec['service'];

/** What one address may ask of routes of one kind. */
export interface RateLimit {
  /** Requests per second that one address may make for good. */
  readonly ratePerSecond: number;
  /** How many more at once, which are made up for at that rate. */
  readonly burst: number;
}

/** Bounds for one address: an IPv4 address, or the /64 network of an IPv6 address. */
export interface GatewayLimits {
  /** Pages and redirects of the browser. */
  readonly pages: RateLimit;
  /** Passwords and user codes that people send. */
  readonly signIns: RateLimit;
  /** Token endpoint and whatever else clients ask with credentials. */
  readonly clients: RateLimit;
  /** Metadata, keys and static files. */
  readonly documents: RateLimit;
  /** Requests in progress at a time; with HTTP/2 each stream is one. */
  readonly connections: number;
  /** Networks without any of these bounds, as `10.20.0.0/16`. */
  readonly exempt: readonly string[];
}

/**
 * Enough for an office of a few thousand people behind one address, who begin work at the same time, and for a server
 * that has each of its requests introspected; far too little for guessing passwords.
 */
export const defaultLimits: GatewayLimits = {
  pages: { ratePerSecond: 100, burst: 1000 },
  signIns: { ratePerSecond: 20, burst: 200 },
  clients: { ratePerSecond: 500, burst: 2000 },
  documents: { ratePerSecond: 200, burst: 2000 },
  connections: 256,
  exempt: [],
};

/** How the gateway proves itself. */
export interface GatewayTls {
  /**
   * Folder with `tls.crt` and `tls.key`, as a Kubernetes Secret is mounted. They are read when a connection begins, so
   * that new files count without a reload.
   */
  readonly certificateFolder: string;
  /** Argument of `listen` for plain HTTP, where browsers are sent to HTTPS; undefined = nowhere. */
  readonly redirectFrom?: string;
  /** `max-age` of Strict-Transport-Security (RFC 6797 §6.1.1); 0 makes browsers forget. Default one year. */
  readonly hstsSeconds?: number;
}

/** Load balancers before the gateway, whose word about the client's address counts. */
export interface ProxiesBefore {
  /** Their networks, as `10.0.0.0/8`. */
  readonly networks: readonly string[];
  /** Where they say it: the PROXY protocol, or the rightmost address of this header that is not theirs. */
  readonly by: 'proxy_protocol' | 'X-Forwarded-For';
}

/** What a gateway configuration is made of. */
export interface GatewayOptions {
  /** Argument of nginx's `listen`: `host:port` or a port. */
  readonly listen: string;
  /** The issuer's path, `''` or like `/dex`. */
  readonly basePath: string;
  /** `host:port` of every replica of each service, or names that resolve to them. */
  readonly upstreams: Readonly<Record<PublicService, readonly string[]>>;
  /** Where requests are logged, without their query, which may hold a code; undefined = nowhere. */
  readonly accessLog?: string;
  /** Host of the issuer with its port unless that is the scheme's own; a request for another host gets 421. Undefined = any host. */
  readonly authority?: string;
  /** Undefined = plain HTTP. */
  readonly tls?: GatewayTls;
  /** Undefined = none. */
  readonly limits?: GatewayLimits;
  /** Undefined = clients connect themselves. */
  readonly proxiesBefore?: ProxiesBefore;
  /** Arguments of `resolver`: names of upstreams are looked up anew, as replicas come and go. Needs nginx 1.27.3. */
  readonly resolver?: string;
  /** Argument of `listen` for probes, which get 200 for `/healthz` as long as nginx works; undefined = none. */
  readonly probes?: string;
  /** Worker processes; undefined = one for each processor that is seen, which in a container are all of the machine's. */
  readonly workers?: number;
  /** The oldest nginx that has to understand the configuration. Default `1.22`. */
  readonly oldestNginx?: '1.22' | '1.28';
}
