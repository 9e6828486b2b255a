import { connect, createServer, type Socket } from 'node:net';

/** An address on 127.0.0.1 that leads to one server now and to another later, as a virtual address or a Service does. */
export interface TcpSwitch extends AsyncDisposable {
  readonly port: number;
  /** Leads new connections to another port; those that there are stay where they are. */
  leadTo(port: number): void;
}

/** Listens on `port` and leads to `target`. */
export async function startTcpSwitch(port: number, target: number): Promise<TcpSwitch> {
  let present = target;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(present, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.pipe(other);
      // What breaks on one side is cut on the other.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    leadTo(other) {
      present = other;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
