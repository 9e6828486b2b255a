import type { SessionsConfig } from '@tessera/config';
import type { Session } from '@tessera/contracts';

/** How long sessions live, in seconds. */
export type SessionLifetimes = Pick<SessionsConfig, 'absoluteLifetimeSeconds' | 'validIfNotUsedForSeconds'>;

/** The shortest time between two notes of a session's use, in seconds; a tenth of its idle lifetime where that is less. */
const NOTE_USE_SECONDS = 60;

/** The last moment of a session, however it is used: a sign-in is good for so long. */
export function absoluteEnd({ authTime }: Pick<Session, 'authTime'>, lifetimes: SessionLifetimes): Date {
  return new Date(authTime.getTime() + lifetimes.absoluteLifetimeSeconds * 1000);
}

/** When a session ends that was used at `lastSeenAt`. */
export function sessionEnd(session: Pick<Session, 'authTime' | 'lastSeenAt'>, lifetimes: SessionLifetimes): Date {
  const idleEnd = session.lastSeenAt.getTime() + lifetimes.validIfNotUsedForSeconds * 1000;
  return new Date(Math.min(idleEnd, absoluteEnd(session, lifetimes).getTime()));
}

/** Whether a session lives, by what is configured now: a lifetime that was made shorter counts at once. */
export function isAlive(
  session: Pick<Session, 'authTime' | 'lastSeenAt' | 'expiresAt'>,
  lifetimes: SessionLifetimes,
  now: Date,
): boolean {
  return now < session.expiresAt && now < sessionEnd(session, lifetimes);
}

/**
 * Whether the use of a session is worth a write: not each one is, so that a person with many applications costs few writes,
 * and an idle session may end that much early.
 */
export function isUseWorthNoting(
  { lastSeenAt }: Pick<Session, 'lastSeenAt'>,
  lifetimes: SessionLifetimes,
  now: Date,
): boolean {
  const steps = Math.min(NOTE_USE_SECONDS, lifetimes.validIfNotUsedForSeconds / 10);
  return now.getTime() - lastSeenAt.getTime() >= steps * 1000;
}
