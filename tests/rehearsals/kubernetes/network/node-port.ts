import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { OUTSIDE_ADDRESS } from '../addresses.ts';

/** A port of this machine that leads into the cluster. */
export interface OpenPort {
  close(): Promise<void>;
}

/** Where a connection goes to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Listens on a port of 127.0.0.1 and leads each connection to one of the endpoints there are then. */
export async function openNodePort(port: number, endpoints: () => readonly Endpoint[]): Promise<OpenPort> {
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (incoming) => {
    const ready = endpoints();
    const chosen = ready.length === 0 ? undefined : ready[randomInt(ready.length)];
    keep(incoming);
    incoming.on('error', () => undefined);
    if (chosen === undefined) return void incoming.resetAndDestroy();
    const outgoing = connect({
      host: chosen.address,
      port: chosen.port,
      localAddress: OUTSIDE_ADDRESS,
      allowHalfOpen: true,
      noDelay: true,
    });
    keep(outgoing);
    // What one side says of its end is the other's to know.
    outgoing.on('error', () => incoming.resetAndDestroy());
    pipeline(incoming, outgoing, () => undefined);
    pipeline(outgoing, incoming, () => undefined);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
