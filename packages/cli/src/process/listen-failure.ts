import { createServer } from 'node:net';
import { CommandFailure } from '../command-line/failure.ts';
import { systemErrorCode } from '../command-line/file-fault.ts';
import { parseListenAddress } from '../compose/listen-address.ts';

/** An address to listen on, and what says so: a configuration key or a flag. */
export interface ListenSource {
  readonly address: string;
  readonly source: string;
}

/**
 * Makes sure that an address can be listened on, before any work is done for it.
 * Throws CommandFailure with one sentence when it is taken, not allowed, or not of this machine.
 */
export async function assertCanListen(listen: ListenSource, fileName: string): Promise<void> {
  const { host, port } = parseListenAddress(listen.address) ?? { host: '', port: 0 };
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ port, exclusive: true, ...(host === '' ? {} : { host }) }, () => probe.close(() => resolve()));
  }).catch((error: unknown) => {
    throw listenFailure(error, listen, fileName);
  });
}

/** The error of a listener in one sentence that says what to do; other errors stay as they are. */
export function listenFailure(error: unknown, { address, source }: ListenSource, fileName: string): unknown {
  const { host, port } = parseListenAddress(address) ?? { host: address, port: 0 };
  const where = host === '' ? 'on every address of this machine' : `on ${host}`;
  const change = source.startsWith('--') ? `change ${source}` : `change ${source} in ${fileName}`;
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new CommandFailure(`Port ${port} ${where} is already in use. Stop what is using it, or ${change}.`, {
        cause: error,
      });
    case 'EACCES':
      return new CommandFailure(
        `Port ${port} ${where} may not be used by this user. Run with more rights, or ${change} (ports from 1024 are free for all).`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CommandFailure(`${host} is not an address of this machine; ${change}.`, { cause: error });
    default:
      return error;
  }
}

/** gRPC reports the system's code inside its message alone. */
function errorCode(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : '';
  return systemErrorCode(error) ?? /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND)\b/.exec(message)?.[1];
}
