import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIssuer } from './issuer.ts';
import { DEFAULT_LISTEN, type RelyingPartyOptions } from './options.ts';
import { createListener } from './routes.ts';
import { createSessions } from './sessions.ts';

/** The running application. */
export interface RelyingParty extends AsyncDisposable {
  /** Its address, e.g. `http://127.0.0.1:5555`. */
  readonly url: string;
  readonly redirectUri: string;
  /** Stops listening and cuts open connections. */
  close(): Promise<void>;
}

/**
 * Starts the application. The issuer need not run yet: it is found when somebody signs in.
 * Throws the system's error (`EADDRINUSE`) when it cannot listen.
 */
export async function startRelyingParty(options: RelyingPartyOptions): Promise<RelyingParty> {
  const { hostname, port } = new URL(`http://${options.listen ?? DEFAULT_LISTEN}`);
  const server = createServer({ requestTimeout: 20_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The URL parser leaves out port 80, the default of http.
    server.listen(port === '' ? 80 : Number(port), hostname.replace(/^\[|\]$/g, ''), resolve);
  });
  const url = `http://${hostname}:${(server.address() as AddressInfo).port}`;
  const redirectUri = options.redirectUri ?? `${url}/callback`;
  const isSecure = new URL(redirectUri).protocol === 'https:';
  server.on(
    'request',
    createListener({
      issuerId: options.issuer,
      redirectUri,
      issuer: createIssuer({ ...options, redirectUri }),
      sessions: createSessions(isSecure),
    }),
  );
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { url, redirectUri, close, [Symbol.asyncDispose]: close };
}
