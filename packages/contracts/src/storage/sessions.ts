import type { Outcome } from '@tessera/rpc';
import type { SecurityEvent } from './events.ts';
import type { Consent, Page, PageRequest, Session, Versioned } from './records.ts';

/** A session to end. */
export interface SessionToEnd {
  readonly id: string;
  /** For the event: `logout`, `expired`, `administrator`, … */
  readonly reason: string;
  /** Whether the grants that come of it are revoked too, whichever client has them. */
  readonly revokesGrants: boolean;
  /**
   * Where `revokesGrants` is false: the clients whose grants of this session are revoked (those whose refresh tokens end
   * with the session), 1000 at most. Undefined = none.
   */
  readonly revokesGrantsOfClients?: readonly string[];
}

/** A client to be told that a session ended (OIDC Back-Channel Logout §2.5), until it was told or it is too late. */
export interface LogoutDelivery {
  /** Chosen by the caller, 256 bytes at most. */
  readonly id: string;
  readonly clientId: string;
  /** `sub` as that client knows the person; undefined = only the session is named. */
  readonly subject?: string;
  readonly sessionId?: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** Not before. */
  readonly dueAt: Date;
  /** It is given up then. */
  readonly expiresAt: Date;
}

/** What became of an attempt to deliver: told (or given up), or to be tried again at a moment. */
export interface LogoutDeliveryResult {
  readonly id: string;
  /** Undefined = done: it is removed. */
  readonly retryAt?: Date;
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
  /**
   * Keeps deliveries (1000 at most), durably. Repeated with the same id it changes nothing, as long as the delivery is
   * kept. To be called before the session is ended.
   */
  putLogoutDeliveries(deliveries: readonly LogoutDelivery[]): Promise<void>;
  /**
   * Takes up to `limit` (1 to 1000) deliveries that are due, the earliest first, for `leaseSeconds`: of two callers one gets
   * each. Not settled within that time (its taker died), a delivery is due again. Their `attempts` count the one that
   * begins. After a crash between commit and answer they come back when the lease runs out.
   */
  takeLogoutDeliveries(limit: number, leaseSeconds: number): Promise<readonly LogoutDelivery[]>;
  /**
   * Removes what was delivered, and postpones what has to be tried again (1000 at most). Unknown ids are passed over;
   * repeated, it changes nothing.
   */
  settleLogoutDeliveries(results: readonly LogoutDeliveryResult[]): Promise<void>;
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
