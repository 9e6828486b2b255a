import { connect } from 'node:net';

/**
 * Connects to a port, sends `request` (nothing when left out) and returns the first bytes of the answer. With no
 * request to send, resolves with no bytes as soon as the connection stands.
 *
 * @throws Error when the connection fails or is closed before an answer, or after `timeoutMs` (1,000 when left out).
 */
export function tcpExchange(
  address: { readonly host: string; readonly port: number },
  request?: Uint8Array | string,
  timeoutMs = 1_000,
): Promise<Buffer> {
  const socket = connect(address);
  return new Promise<Buffer>((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => reject(new Error(`no answer in ${timeoutMs} ms`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
    socket.once('data', resolve);
    socket.once('connect', () => (request === undefined ? resolve(Buffer.alloc(0)) : socket.write(request)));
  }).finally(() => socket.destroy());
}
