import type { Storage } from '@tessera/contracts';
import { type BrowserSession, toRecord, withClient } from './browser-session.ts';
import type { ClientEntry } from './session-content.ts';
import { isUseWorthNoting, type SessionLifetimes, sessionEnd } from './session-lifetime.ts';

/** Where a session is read again that somebody else changed meanwhile. */
export interface RereadContext {
  readonly findById: (id: string) => Promise<BrowserSession | undefined>;
}

/** How often a change of a session is tried, each time on what others made of it. */
export const UPDATE_ATTEMPTS = 3;

/** What noting the use of a session takes. */
export interface TouchContext extends RereadContext {
  readonly storage: Pick<Storage, 'updateSession'>;
  readonly clock: { now(): Date };
  readonly config: { readonly sessions: SessionLifetimes };
}

/**
 * Notes that a client is answered in a session, and that it was used. Writes only what is new. Undefined: the session ended
 * meanwhile, or others changed it all the time. Of two callers with different clients both are noted.
 */
export async function touchSession(
  { storage, clock, config, findById }: TouchContext,
  session: BrowserSession,
  { id, via }: { readonly id: string; readonly via: ClientEntry },
): Promise<BrowserSession | undefined> {
  let current: BrowserSession | undefined = session;
  for (let attempt = 0; attempt < UPDATE_ATTEMPTS && current !== undefined; attempt += 1) {
    const now = clock.now();
    const isNew = !current.clientIds.includes(id);
    if (!isNew && !isUseWorthNoting(current, config.sessions, now)) return current;
    const clients = current.content.clients.has(id)
      ? current.content.clients
      : new Map([...current.content.clients, [id, { authenticatedAt: now, via }] as const]);
    const next: BrowserSession = {
      ...current,
      lastSeenAt: now,
      expiresAt: sessionEnd({ authTime: current.authTime, lastSeenAt: now }, config.sessions),
      clientIds: withClient(current.clientIds, id),
      content: { ...current.content, clients },
    };
    if (await storage.updateSession(toRecord(next), current.version)) return { ...next, version: current.version + 1 };
    current = await findById(session.id);
  }
  return undefined;
}
