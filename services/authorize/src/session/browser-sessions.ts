import { randomBytes } from 'node:crypto';
import type { TesseraConfig } from '@tessera/config';
import type { Storage } from '@tessera/contracts';
import type { SecretRing } from '@tessera/credentials';
import type { HttpRequest } from '@tessera/http';
import type { CookieScope } from '../flow/browser.ts';
import { type BrowserSession, fromRecord } from './browser-session.ts';
import { endBrowserSession, type SessionEnding } from './end-session.ts';
import { type KeepSignInContext, keepSignIn, type SignInToKeep } from './keep-sign-in.ts';
import type { ClientEntry } from './session-content.ts';
import {
  forgetSessionCookie,
  hasSessionCookie,
  readSessionCookie,
  type SessionCookieOptions,
  sessionCookie,
} from './session-cookie.ts';
import { absoluteEnd, isAlive } from './session-lifetime.ts';
import { browserStateCookie } from './session-state.ts';
import { touchSession } from './touch-session.ts';

/** What sessions need. */
export interface BrowserSessionsOptions extends KeepSignInContext {
  readonly config: Pick<TesseraConfig, 'sessions'>;
  readonly storage: KeepSignInContext['storage'] & Pick<Storage, 'findSession'>;
  readonly browserSecrets: { ring(): SecretRing };
  readonly cookies: CookieScope;
}

/** The sessions of this issuer's browsers. While they are switched off none is found and none begins. */
export interface BrowserSessions {
  readonly isEnabled: boolean;
  /** Whether a request brings the cookie, whatever it says. */
  hasCookie(request: Pick<HttpRequest, 'cookie'>): boolean;
  /** The session of a browser, if its cookie is genuine and of the latest sign-in, and the session lives. */
  find(request: Pick<HttpRequest, 'cookie'>): Promise<BrowserSession | undefined>;
  /** A session that lives, whatever browser it is of. */
  findById(id: string): Promise<BrowserSession | undefined>;
  /** Of a person who signs in: that of their session in this browser, else a new one (N53, N54). */
  idFor(subject: string, present: BrowserSession | undefined): string;
  /**
   * Keeps a sign-in, on record. Another person's session in this browser ends first. Undefined: the session to go on with ended
   * meanwhile, or others changed it all the time.
   */
  keep(signIn: SignInToKeep): Promise<BrowserSession | undefined>;
  /**
   * Notes that a client is answered in a session, before it is answered, so that it can be told of the end. Writes only what
   * is new, and the use itself now and then. Undefined: the session ended meanwhile.
   */
  touch(
    session: BrowserSession,
    client: { readonly id: string; readonly via: ClientEntry },
  ): Promise<BrowserSession | undefined>;
  /** Ends a session and tells its clients. */
  end(session: BrowserSession, ending: SessionEnding): Promise<boolean>;
  /** The `Set-Cookie` lines of a session. */
  cookiesOf(session: BrowserSession): readonly string[];
  /** The `Set-Cookie` lines by which a browser forgets its session. */
  forgettingCookies(): readonly string[];
}

/** Sessions over storage. */
export function createBrowserSessions(options: BrowserSessionsOptions): BrowserSessions {
  const { config, storage, clock, cookies } = options;
  const { sessions } = config;
  const cookieOptions = (): SessionCookieOptions => ({
    name: sessions.cookieName,
    scope: cookies,
    ring: options.browserSecrets.ring(),
  });
  const findById = async (id: string): Promise<BrowserSession | undefined> => {
    const record = sessions.enabled ? await storage.findSession(id) : undefined;
    const session = record === undefined ? undefined : fromRecord(record);
    return session !== undefined && isAlive(session, sessions, clock.now()) ? session : undefined;
  };
  return {
    isEnabled: sessions.enabled,
    hasCookie: (request) => hasSessionCookie(request, { name: sessions.cookieName, scope: cookies }),
    findById,
    async find(request) {
      const ticket = sessions.enabled ? readSessionCookie(request, cookieOptions()) : undefined;
      const session = ticket === undefined ? undefined : await findById(ticket.sessionId);
      return session?.content.signIns === ticket?.signIns ? session : undefined;
    },
    idFor: (subject, present) => (present?.subject === subject ? present.id : randomBytes(18).toString('base64url')),
    keep: (signIn) => keepSignIn({ ...options, findById }, signIn),
    touch: (session, client) => touchSession({ ...options, findById }, session, client),
    end: (session, ending) => endBrowserSession(options, session, ending),
    cookiesOf({ id, authTime, content }) {
      const left = absoluteEnd({ authTime }, sessions).getTime() - clock.now().getTime();
      const maxAgeSeconds = content.isRemembered ? Math.max(1, Math.floor(left / 1000)) : undefined;
      return [
        sessionCookie(cookieOptions(), { sessionId: id, signIns: content.signIns }, maxAgeSeconds),
        browserStateCookie(cookies, content.browserState, maxAgeSeconds),
      ];
    },
    forgettingCookies: () => [
      forgetSessionCookie({ name: sessions.cookieName, scope: cookies }),
      browserStateCookie(cookies, '', 0),
    ],
  };
}
