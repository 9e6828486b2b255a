import { once } from 'node:events';
import { createServer } from 'node:http';
import { decodeJwt } from 'jose';

/** What an application does with a logout token: it believes it, it fails, or it never answers. */
export type Mood = 'takes' | 'fails' | 'hangs';

/** A logout token that arrived, and what was done with it. */
export interface Received {
  readonly token: string;
  readonly mood: Mood;
}

/** The end of an application that is told of sign-outs (OIDC Back-Channel Logout §2.5). */
export interface LogoutReceiver {
  readonly url: string;
  mood: Mood;
  /** What arrived about a session, in order. */
  about(sessionId: string): readonly Received[];
  close(): Promise<void>;
}

const STATUS = { takes: 200, fails: 500 } as const;

/** Starts one on a free port, which takes what it is told. */
export async function startLogoutReceiver(): Promise<LogoutReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { mood } = receiver;
      const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('logout_token') ?? '';
      received.push({ token, mood });
      if (mood !== 'hangs') response.writeHead(STATUS[mood]).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const receiver: LogoutReceiver = {
    url: `http://127.0.0.1:${address.port}/backchannel-logout`,
    mood: 'takes',
    about: (sessionId) => received.filter(({ token }) => decodeJwt(token)['sid'] === sessionId),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
