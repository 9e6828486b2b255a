import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_767;
const ATTEMPTS = 50;

/**
 * Finds a TCP port of 127.0.0.1 on which nobody listens, and which no process that asks here gets while this one runs.
 *
 * The port lies between 20000 and 32767, below the range from which kernels take the local port of outgoing
 * connections, so a server that is stopped for a while finds its port free when it starts again.
 *
 * @throws Error when fifty random ports were all taken.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
    if ((await reservePort(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no free port of 127.0.0.1 between ${LOWEST_PORT} and ${HIGHEST_PORT} in ${ATTEMPTS} attempts`);
}

/**
 * Keeps a port for this process until it ends: whoever gets it may not listen yet, or not at the moment. False: it was kept
 * before, by this process or another. The mark is the UDP port of the same number, which the kernel gives to one of them.
 */
export function reservePort(port: number): Promise<boolean> {
  const mark = createSocket('udp4').unref();
  return new Promise((resolve) => {
    mark.once('error', () => {
      mark.close();
      resolve(false);
    });
    mark.bind({ address: '127.0.0.1', port, exclusive: true }, () => resolve(true));
  });
}

/**
 * Makes sure that nobody listens on a port of 127.0.0.1, so that another server's answers are never taken for those of
 * the one about to start.
 *
 * @throws Error when the port is taken.
 */
export async function assertPortIsFree(port: number): Promise<void> {
  if (!(await isFree(port))) throw new Error(`port ${port} of 127.0.0.1 is taken`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
