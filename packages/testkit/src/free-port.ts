import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_767;
const ATTEMPTS = 50;

/** Ports that were given out: whoever got one may not listen yet. */
const givenOut = new Set<number>();

/**
 * Finds a TCP port of 127.0.0.1 on which nobody listens.
 *
 * The port lies between 20000 and 32767, below the range from which kernels take the local port of outgoing
 * connections, so a server that is stopped for a while finds its port free when it starts again.
 *
 * @throws Error when fifty random ports were all taken.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
    if (givenOut.has(port) || !(await isFree(port)) || givenOut.has(port)) continue;
    givenOut.add(port);
    return port;
  }
  throw new Error(`no free port of 127.0.0.1 between ${LOWEST_PORT} and ${HIGHEST_PORT} in ${ATTEMPTS} attempts`);
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
