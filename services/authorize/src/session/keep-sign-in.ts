import type { SessionsConfig } from '@tessera/config';
import type { Storage } from '@tessera/contracts';
import { type EventData, type EventLog, newEvent } from '@tessera/events';
import { encodeSubject } from '@tessera/oauth';
import type { FlowAuthentication } from '../flow/flow.ts';
import { type BrowserSession, toRecord, withClient } from './browser-session.ts';
import { type EndSessionContext, endBrowserSession } from './end-session.ts';
import { sessionEnd } from './session-lifetime.ts';
import { createBrowserState } from './session-state.ts';
import { type RereadContext, UPDATE_ATTEMPTS } from './touch-session.ts';

/** A sign-in that begins a session, or goes on with the same person's. */
export interface SignInToKeep {
  /** As `BrowserSessions.idFor` said. */
  readonly sessionId: string;
  readonly clientId: string;
  readonly connectorId: string;
  readonly authentication: FlowAuthentication;
  readonly isRemembered: boolean;
  /** Whether the client gets its tokens without a further question. */
  readonly isAnswered: boolean;
  /** The session of this browser. */
  readonly present: BrowserSession | undefined;
}

/** What keeping a sign-in takes. */
export interface KeepSignInContext extends EndSessionContext {
  readonly config: { readonly sessions: SessionsConfig };
  readonly storage: EndSessionContext['storage'] & Pick<Storage, 'createSession' | 'updateSession'>;
  readonly events: Pick<EventLog, 'recordDurably'>;
}

/**
 * Keeps a sign-in as a session of its browser, on record (`sign_in.succeeded`): with the session where that begins, by the same
 * statement, so that there is both or neither. Another person's session there ends first. Undefined: the session to go on with
 * ended meanwhile, or others changed it all the time; the sign-in is on record all the same.
 */
export async function keepSignIn(
  context: KeepSignInContext & RereadContext,
  signIn: SignInToKeep,
): Promise<BrowserSession | undefined> {
  const { present, sessionId } = signIn;
  if (present?.id === sessionId) return renew(context, present, signIn);
  if (present !== undefined) await endBrowserSession(context, present, { reason: 'other_person' });
  return begin(context, signIn);
}

async function begin(context: KeepSignInContext, signIn: SignInToKeep): Promise<BrowserSession> {
  const now = context.clock.now();
  const { sessionId, connectorId, authentication } = signIn;
  const subject = encodeSubject(authentication.identity.userId, connectorId);
  const session = signedIn(
    { id: sessionId, subject, connectorId, createdAt: now, clientIds: [], version: 1 },
    { signIns: 0, clients: new Map(), browserState: createBrowserState() },
    signIn,
    context.config.sessions,
    now,
  );
  const events = [
    newEvent('sign_in.succeeded', subject, signInData(signIn), now),
    newEvent('session.started', subject, { sessionId, connectorId }, now),
  ];
  await context.storage.createSession(toRecord(session), events);
  return session;
}

/**
 * The same person proved who they are again: the session goes on under its name, and earlier cookies of it are void. What another
 * tab noted in it meanwhile stays.
 */
async function renew(
  context: KeepSignInContext & RereadContext,
  present: BrowserSession,
  signIn: SignInToKeep,
): Promise<BrowserSession | undefined> {
  await context.events.recordDurably('sign_in.succeeded', present.subject, signInData(signIn));
  let current: BrowserSession | undefined = present;
  for (let attempt = 0; attempt < UPDATE_ATTEMPTS && current !== undefined; attempt += 1) {
    const next = signedIn(current, current.content, signIn, context.config.sessions, context.clock.now());
    const isUpdated = await context.storage.updateSession(toRecord(next), current.version);
    if (isUpdated) return { ...next, version: current.version + 1 };
    current = await context.findById(present.id);
  }
  return undefined;
}

function signInData({ connectorId, clientId, authentication }: SignInToKeep): EventData<'sign_in.succeeded'> {
  return { connectorId, clientId, userId: authentication.identity.userId };
}

function signedIn(
  base: Pick<BrowserSession, 'id' | 'subject' | 'connectorId' | 'createdAt' | 'clientIds' | 'version'>,
  before: Pick<BrowserSession['content'], 'signIns' | 'clients' | 'browserState'>,
  { clientId, authentication, isRemembered, isAnswered }: SignInToKeep,
  lifetimes: SessionsConfig,
  now: Date,
): BrowserSession {
  const { identity, authTime, amr, acr, connectorData } = authentication;
  const { id, subject, connectorId, createdAt, clientIds, version } = base;
  return {
    id,
    subject,
    connectorId,
    identity,
    authTime,
    createdAt,
    lastSeenAt: now,
    expiresAt: sessionEnd({ authTime, lastSeenAt: now }, lifetimes),
    clientIds: isAnswered ? withClient(clientIds, clientId) : clientIds,
    content: {
      signIns: before.signIns + 1,
      amr,
      ...(acr === undefined ? {} : { acr }),
      clients: new Map([...before.clients, [clientId, { authenticatedAt: authTime, via: 'direct' }]]),
      isRemembered,
      connectorData,
      browserState: before.browserState,
    },
    version,
  };
}
