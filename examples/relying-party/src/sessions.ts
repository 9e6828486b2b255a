import { randomBytes } from 'node:crypto';
import type { PendingSignIn, Tokens } from './issuer.ts';

/** What came of the last thing a person asked for, shown once. */
export interface Notice {
  readonly kind: 'good' | 'bad';
  readonly title: string;
  readonly text: string;
  /** Shown as it is. */
  readonly details?: unknown;
}

/** What the application knows of one browser. Tokens stay here and never reach the browser's storage. */
export interface Session {
  readonly id: string;
  /** Sign-ins under way, by state: there may be one in each tab. */
  readonly pending: Map<string, PendingSignIn>;
  tokens: Tokens | undefined;
  notice: Notice | undefined;
}

/** The sessions of all browsers, in memory. */
export interface Sessions {
  /** The session a `cookie` header names. */
  find(cookieHeader: string | undefined): Session | undefined;
  /** A new session. */
  create(): Session;
  remove(session: Session): void;
  /** Removes the sessions of a person (`sub`), or those that came of one session at the issuer (`sid`). */
  removeBy(ended: { readonly sub?: string; readonly sid?: string }): void;
  /** The `set-cookie` header for a session. */
  cookie(session: Session): string;
  /** The `set-cookie` header that makes a browser forget its session. */
  readonly expiredCookie: string;
}

// Cookies do not tell ports apart: the name must not be one the issuer on the same host uses.
const COOKIE = 'example_app_session';
const MAX_SESSIONS = 1_000;
const MAX_PENDING = 10;

/** Keeps at most a thousand sessions; the oldest makes room. */
export function createSessions(isSecure: boolean): Sessions {
  const sessions = new Map<string, Session>();
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    find(cookieHeader) {
      const id = new RegExp(`(?:^|;\\s*)${COOKIE}=([A-Za-z0-9_-]+)`).exec(cookieHeader ?? '')?.[1];
      return id === undefined ? undefined : sessions.get(id);
    },
    create() {
      const id = randomBytes(24).toString('base64url');
      const session: Session = { id, pending: new Map(), tokens: undefined, notice: undefined };
      dropOldest(sessions, MAX_SESSIONS);
      sessions.set(id, session);
      return session;
    },
    remove: ({ id }) => void sessions.delete(id),
    removeBy({ sub, sid }) {
      for (const { id, tokens } of sessions.values()) {
        const claims = tokens?.idClaims;
        if (claims !== undefined && (sid === undefined ? claims.sub === sub : claims['sid'] === sid))
          sessions.delete(id);
      }
    },
    cookie: ({ id }) => `${COOKIE}=${id}; ${attributes}`,
    expiredCookie: `${COOKIE}=; Max-Age=0; ${attributes}`,
  };
}

/** Remembers a sign-in; of more than ten under way in one browser the oldest is forgotten. */
export function remember(session: Session, signIn: PendingSignIn): void {
  dropOldest(session.pending, MAX_PENDING);
  session.pending.set(signIn.state, signIn);
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size < limit) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
