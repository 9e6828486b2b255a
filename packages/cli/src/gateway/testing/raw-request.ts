import { connect as connectPlain } from 'node:net';

/** What came back on a connection before the server closed it. */
export interface RawAnswer {
  /** 0 when nothing came. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly elapsedMs: number;
}

/** Says something byte by byte to a port of this machine, and resolves when the server has closed the connection. */
export function rawRequest(port: number, text: string | Buffer, host = '127.0.0.1'): Promise<RawAnswer> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const socket = connectPlain(port, host);
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve({ ...parsed(received), elapsedMs: performance.now() - startedMs }));
    socket.write(text);
  });
}

/** The text of a request without a body, on a connection of its own. */
export function requestText(requestLine: string, headers: readonly string[]): string {
  return `${[requestLine, ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`;
}

function parsed(text: string): Omit<RawAnswer, 'elapsedMs'> {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, headers: new Map(), body: '' };
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(end + 4) };
}
