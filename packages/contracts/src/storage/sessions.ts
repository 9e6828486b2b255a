import type { Outcome } from '@tessera/rpc';
import type { SecurityEvent } from './events.ts';
import type { Consent, Page, PageRequest, Session, Versioned } from './records.ts';

/** A session to end. */
export interface SessionToEnd {
  readonly id: string;
  /** For the event: `logout`, `expired`, `administrator`, … */
  readonly reason: string;
  /** Whether the grants that come of it are revoked too. */
  readonly revokesGrants: boolean;
}

/** Sessions and consents. */
export interface StorageSessionsApi {
  /** Keeps a new session and writes the events with it. Repeated with the same id it changes nothing. */
  createSession(session: Session, events?: readonly SecurityEvent[]): Promise<void>;
  /** Each session in order; undefined = there is none, or it expired. */
  findSessions(ids: readonly string[]): Promise<readonly Outcome<Versioned<Session> | undefined>[]>;
  /**
   * Replaces a session if it still is the version the caller read. False: it changed meanwhile, ended or expired. Of two
   * callers with one version, one gets true.
   */
  updateSession(session: Session, expectedVersion: number): Promise<boolean>;
  /**
   * Ends a session and writes `session.ended` with it; then revokes its grants, if asked to. False: there was none. Of two
   * callers one gets true. After a crash between the two steps the caller repeats: the grants are revoked either way.
   */
  endSession(session: SessionToEnd): Promise<boolean>;
  /** Sessions in the order of their ids, of one person or of all. */
  listSessions(request: PageRequest & { readonly subject?: string }): Promise<Page<Versioned<Session>>>;

  /** Undefined: none, or it expired. */
  findConsent(subject: string, clientId: string): Promise<Consent | undefined>;
  /** Creates or replaces the consent of the pair and writes `consent.granted` with it. The last of two callers wins. */
  putConsent(consent: Consent): Promise<void>;
  /** Removes it and writes `consent.withdrawn` with it. False: there was none. */
  withdrawConsent(subject: string, clientId: string): Promise<boolean>;
  /** A person's consents in a stable order. */
  listConsents(request: PageRequest & { readonly subject: string }): Promise<Page<Consent>>;
}
