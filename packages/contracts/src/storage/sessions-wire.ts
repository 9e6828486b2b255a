import type { Consent as ConsentMessage, Session as SessionMessage } from '@tessera/proto/tessera/storage/v1/records';
import type {
  FoundSession,
  LogoutDelivery as LogoutDeliveryMessage,
  VersionedSession,
} from '@tessera/proto/tessera/storage/v1/sessions';
import { type Outcome, succeeded } from '@tessera/rpc';
import { identityFromWire, identityToWire } from '../identity-wire.ts';
import {
  errorCase,
  failedFromWire,
  missingOutcome,
  optional,
  optionalText,
  outcomeOf,
  required,
} from '../outcome-wire.ts';
import type { Consent, Session, Versioned } from './records.ts';
import type { LogoutDelivery } from './sessions.ts';

/** A session as a message. */
export function sessionToWire(session: Session): SessionMessage {
  return {
    ...session,
    identity: identityToWire(session.identity),
    clientIds: [...session.clientIds],
    payload: Buffer.from(session.payload),
  };
}

/** The session of a message; throws when a peer left something out that must not be guessed. */
export function sessionFromWire(message: SessionMessage): Session {
  return {
    ...message,
    identity: identityFromWire(required(message.identity, 'identity')),
    authTime: required(message.authTime, 'auth_time'),
    createdAt: required(message.createdAt, 'created_at'),
    lastSeenAt: required(message.lastSeenAt, 'last_seen_at'),
    expiresAt: required(message.expiresAt, 'expires_at'),
  };
}

/** A session with its version, as a message. */
export function versionedSessionToWire({ value, version }: Versioned<Session>): VersionedSession {
  return { session: sessionToWire(value), version };
}

/** The session of a message, with its version. */
export function versionedSessionFromWire({ session, version }: VersionedSession): Versioned<Session> {
  return { value: sessionFromWire(required(session, 'session')), version };
}

/** A session looked up, as a message. */
export function foundSessionToWire(outcome: Outcome<Versioned<Session> | undefined>): FoundSession {
  if (!outcome.ok) return { outcome: errorCase(outcome.error) };
  return outcome.value === undefined
    ? { outcome: { $case: 'absent', value: true } }
    : { outcome: { $case: 'session', value: versionedSessionToWire(outcome.value) } };
}

/** A session looked up. */
export function foundSessionFromWire({ outcome }: FoundSession): Outcome<Versioned<Session> | undefined> {
  switch (outcome?.$case) {
    case 'session':
      return outcomeOf(() => versionedSessionFromWire(outcome.value));
    case 'absent':
      return succeeded(undefined);
    case 'error':
      return failedFromWire(outcome.value);
    case undefined:
      return missingOutcome();
  }
}

/** A consent as a message. */
export function consentToWire(consent: Consent): ConsentMessage {
  return { ...consent, scopes: [...consent.scopes], expiresAt: consent.expiresAt };
}

/** The consent of a message. */
export function consentFromWire({ grantedAt, expiresAt, ...message }: ConsentMessage): Consent {
  return { ...message, grantedAt: required(grantedAt, 'granted_at'), ...optional('expiresAt', expiresAt) };
}

/** A delivery as a message. */
export function deliveryToWire(delivery: LogoutDelivery): LogoutDeliveryMessage {
  return { ...delivery, subject: delivery.subject ?? '', sessionId: delivery.sessionId ?? '' };
}

/** The delivery of a message. */
export function deliveryFromWire(message: LogoutDeliveryMessage): LogoutDelivery {
  const { subject, sessionId, dueAt, expiresAt, ...rest } = message;
  return {
    ...rest,
    ...optionalText('subject', subject),
    ...optionalText('sessionId', sessionId),
    dueAt: required(dueAt, 'due_at'),
    expiresAt: required(expiresAt, 'expires_at'),
  };
}
