import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions } from 'ldapts';

/** The sockets of one LDAP client. */
export interface LdapSockets {
  /** How the client gets its sockets: one connection, and its upgrade to TLS; a second one is refused. */
  readonly options: Pick<ClientOptions, 'createConnection' | 'createSecureConnection'>;
  /** False as soon as any of them has closed. */
  areOpen(): boolean;
  destroy(): void;
}

/**
 * Keeps hold of the sockets of a client. ldapts connects again by itself when a connection was lost, without TLS and
 * without a bind; here that fails, so that no password and no search ever goes over such a connection.
 */
export function createLdapSockets(): LdapSockets {
  const sockets: Socket[] = [];
  let hasClosed = false;
  const track = <S extends Socket>(socket: S): S => {
    sockets.push(socket);
    socket.once('close', () => {
      hasClosed = true;
    });
    return socket;
  };
  const createConnection = (...options: Parameters<typeof connectTcp>) => {
    if (sockets.length > 0) throw new Error('the connection was lost');
    return track(connectTcp(...options));
  };
  const createSecureConnection = (...options: Parameters<typeof connectTls>) => {
    // The upgrade names the socket it stands on; everything else would be a new connection.
    const [first] = options as readonly unknown[];
    const isUpgrade = typeof first === 'object' && first !== null && 'socket' in first;
    if (hasClosed || (sockets.length > 0 && !isUpgrade)) throw new Error('the connection was lost');
    return track(connectTls(...options));
  };
  return {
    options: {
      createConnection: createConnection as typeof connectTcp,
      createSecureConnection: createSecureConnection as typeof connectTls,
    },
    areOpen: () => !hasClosed,
    destroy() {
      hasClosed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
