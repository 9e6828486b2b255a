import { once } from 'node:events';
import { createServer } from 'node:http';

/** A request that arrived at the clients' origin. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly contentType: string;
  readonly body: string;
}

/** A document that a client serves. */
export interface ServedDocument {
  readonly contentType: string;
  readonly body: string;
}

/** The clients' own web server. */
export interface ClientListener {
  /** Everything that arrived, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** Serves a document at a path; other paths answer an empty page. */
  serve(path: string, document: ServedDocument): void;
  close(): Promise<void>;
}

/** What a client shows, whatever was asked for. */
const PAGE: ServedDocument = {
  contentType: 'text/html',
  body: '<!doctype html><html lang="en"><title>Client</title><p id="client">The client</p></html>',
};

/** Listens where the conformance clients live. */
export async function startClientListener(origin: string): Promise<ClientListener> {
  const requests: ReceivedRequest[] = [];
  const documents = new Map<string, ServedDocument>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', origin);
      requests.push({
        method: request.method ?? '',
        url,
        contentType: request.headers['content-type'] ?? '',
        body: Buffer.concat(chunks).toString(),
      });
      const { contentType, body } = documents.get(url.pathname) ?? PAGE;
      response.writeHead(200, { 'content-type': contentType }).end(body);
    });
  });
  server.listen(Number(new URL(origin).port), new URL(origin).hostname);
  await once(server, 'listening');
  return {
    requests,
    serve: (path, document) => void documents.set(path, document),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
