import { connect, type Socket } from 'node:net';
import type { LogFields, Logger } from '@tessera/telemetry';
import { type HttpServerOptions, startHttpServer } from '../index.ts';

/** One record of a {@link Bench}'s log. */
interface LogRecord {
  readonly level: string;
  readonly fields: LogFields;
  readonly message: string;
}

/** Starts a server on a free port of 127.0.0.1 with the given handlers, and keeps what it logs. */
export async function startBench(options: Partial<HttpServerOptions>) {
  const records: LogRecord[] = [];
  const write = (level: string) => (fields: LogFields, message: string) =>
    void records.push({ level, fields, message });
  const logger: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const server = await startHttpServer({
    listen: '127.0.0.1:0',
    basePath: '',
    handlers: {},
    errorPage: (error, { requestId }) => ({
      status: error.status,
      headers: { 'content-type': 'text/html' },
      body: `<p>${error.error} ${requestId}</p>`,
    }),
    cors: { allowedOrigins: [], allowedHeaders: [] },
    headers: {},
    logger,
    ...options,
  });
  return {
    ...server,
    records,
    origin: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

/** An answer as it came over the wire. */
interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A connection spoken to byte by byte. */
export interface RawConnection extends Disposable {
  readonly socket: Socket;
  write(text: string | Buffer): void;
  /** The next answer. Throws when the connection is closed before it is whole. */
  next(options?: { readonly isHead?: boolean }): Promise<RawAnswer>;
  /** Settles when the connection is closed. */
  readonly closed: Promise<void>;
}

/** Connects to a port of 127.0.0.1. */
export function openRaw(port: number): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let isClosed = false;
  let wake = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  return {
    socket,
    closed,
    write: (text) => void socket.write(text),
    async next({ isHead = false } = {}) {
      for (;;) {
        const taken = takeAnswer(received, isHead);
        if (taken !== undefined) {
          received = taken.rest;
          return taken.answer;
        }
        if (isClosed) throw new Error(`closed after ${JSON.stringify(received)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

function takeAnswer(text: string, isHead: boolean): { answer: RawAnswer; rest: string } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const value = line.slice(line.indexOf(':') + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)} & ${value}` : value);
  }
  const length = isHead ? 0 : Number(headers.get('content-length') ?? 0);
  const bodyEnd = end + 4 + length;
  if (text.length < bodyEnd) return undefined;
  const status = Number(statusLine.split(' ')[1]);
  return { answer: { status, headers, body: text.slice(end + 4, bodyEnd) }, rest: text.slice(bodyEnd) };
}

/** The text of a POST with a form. */
export function formPost(path: string, body: string, headers: readonly string[] = []): string {
  const type = headers.some((header) => /^content-type:/i.test(header))
    ? []
    : ['content-type: application/x-www-form-urlencoded'];
  const length = [`content-length: ${Buffer.byteLength(body)}`];
  return `${[`POST ${path} HTTP/1.1`, 'host: x', ...type, ...length, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

/** The text of a request without a body. */
export function requestText(method: string, target: string, headers: readonly string[] = []): string {
  return `${[`${method} ${target} HTTP/1.1`, 'host: x', ...headers].join('\r\n')}\r\n\r\n`;
}
