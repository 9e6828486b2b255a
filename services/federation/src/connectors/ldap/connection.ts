import type { Clock } from '@tessera/clock';
import { callDeadlineMs } from '@tessera/rpc';
import { Client, type Entry, ResultCodeError } from 'ldapts';
import type { LdapServerSettings } from './config.ts';
import { createLdapSockets } from './sockets.ts';

const CONNECT_TIMEOUT_MS = 3000;
const OPERATION_TIMEOUT_MS = 5000;
const UNBIND_TIMEOUT_MS = 500;
const PAGE_SIZE = 500;

/** What to look for. */
export interface LdapSearch {
  readonly baseDn: string;
  readonly scope: 'sub' | 'one';
  /** RFC 4515. */
  readonly filter: string;
  readonly attributes: readonly string[];
  /** Stops reading once more than this have come, so that the caller sees that there are too many. */
  readonly maxEntries: number;
}

/** Whom a connection is bound as; both empty = anonymous. */
export interface LdapCredentials {
  readonly dn: string;
  readonly password: string;
}

/** One bound connection to the directory. It never reconnects by itself. */
export interface LdapConnection {
  /** False once it has ended, by whichever side. */
  isOpen(): boolean;
  /** Rejects with {@link LdapConnectionError}, or ldapts' ResultCodeError when the directory refuses. */
  search(search: LdapSearch): Promise<readonly Entry[]>;
  /** Unbinds and closes the socket. Never rejects. */
  close(): Promise<void>;
}

/** The directory did not answer in time, or hung up. */
export class LdapConnectionError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LdapConnectionError';
  }
}

/**
 * Connects with TLS as configured, then binds (RFC 4511 §4.2). Rejects with {@link LdapConnectionError}, or ldapts'
 * ResultCodeError when the directory refuses; nothing stays open then.
 */
export async function openLdapConnection(
  server: LdapServerSettings,
  { dn, password }: LdapCredentials,
  clock: Clock,
): Promise<LdapConnection> {
  const sockets = createLdapSockets();
  const client = createClient(server, sockets.options);
  const limited = createLimiter(clock, () => sockets.destroy());
  try {
    if (server.security === 'start-tls') {
      await limited('StartTLS', CONNECT_TIMEOUT_MS, () => client.startTLS({ ...server.tls() }));
    }
    await limited('bind', OPERATION_TIMEOUT_MS, () => client.bind(dn, password));
  } catch (error) {
    sockets.destroy();
    throw error;
  }
  return {
    isOpen: () => sockets.areOpen() && client.isConnected,
    search: (search) => limited('search', OPERATION_TIMEOUT_MS, () => collect(client, search)),
    async close() {
      if (sockets.areOpen()) await limited('unbind', UNBIND_TIMEOUT_MS, () => client.unbind()).catch(() => undefined);
      sockets.destroy();
    },
  };
}

type SocketOptions = ReturnType<typeof createLdapSockets>['options'];

function createClient({ host, port, security, tls }: LdapServerSettings, sockets: SocketOptions): Client {
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Client({
    url: `${security === 'tls' ? 'ldaps' : 'ldap'}://${authority}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    timeout: OPERATION_TIMEOUT_MS,
    ...sockets,
    // With these, ldapts speaks TLS from the first byte whatever the scheme says.
    ...(security === 'tls' ? { tlsOptions: tls() } : {}),
  });
}

async function collect(client: Client, search: LdapSearch): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const pages = client.searchPaginated(search.baseDn, {
    scope: search.scope,
    filter: search.filter,
    attributes: search.attributes.length > 0 ? [...search.attributes] : ['1.1'],
    paged: { pageSize: Math.min(PAGE_SIZE, search.maxEntries + 1) },
  });
  for await (const page of pages) {
    entries.push(...page.searchEntries);
    if (entries.length > search.maxEntries) break;
  }
  return entries;
}

type Limiter = <T>(what: string, timeoutMs: number, work: () => Promise<T>) => Promise<T>;

/** Ends work that takes longer than its time or the caller's deadline, and the connection with it. */
function createLimiter(clock: Clock, destroy: () => void): Limiter {
  return async (what, timeoutMs, work) => {
    const leftMs = Math.max(0, callDeadlineMs(timeoutMs) - performance.now());
    const expired = Promise.withResolvers<never>();
    const timer = clock.schedule(leftMs, () => {
      expired.reject(new LdapConnectionError(`${what} took too long`));
      destroy();
    });
    try {
      return await Promise.race([work(), expired.promise]);
    } catch (error) {
      if (error instanceof ResultCodeError || error instanceof LdapConnectionError) throw error;
      throw new LdapConnectionError(`${what} failed`, error);
    } finally {
      timer.cancel();
    }
  };
}
