import type { Session } from '@tessera/contracts';
import { bytesFromText, bytesToText } from './bytes-json.ts';

interface SessionJson extends Omit<Session, 'payload' | 'authTime' | 'createdAt' | 'lastSeenAt' | 'expiresAt'> {
  readonly payload: string;
  readonly authTimeMs: number;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
}

/** A session as JSON. */
export function sessionToJson(session: Session): string {
  const { id, subject, connectorId, identity, authTime, createdAt, lastSeenAt, expiresAt, clientIds, payload } =
    session;
  const plain: SessionJson = {
    id,
    subject,
    connectorId,
    identity,
    authTimeMs: authTime.getTime(),
    createdAtMs: createdAt.getTime(),
    lastSeenAtMs: lastSeenAt.getTime(),
    expiresAtMs: expiresAt.getTime(),
    clientIds,
    payload: bytesToText(payload),
  };
  return JSON.stringify(plain);
}

/** The session of its JSON. */
export function sessionFromJson(json: string): Session {
  const { payload, authTimeMs, createdAtMs, lastSeenAtMs, expiresAtMs, ...rest } = JSON.parse(json) as SessionJson;
  return {
    ...rest,
    authTime: new Date(authTimeMs),
    createdAt: new Date(createdAtMs),
    lastSeenAt: new Date(lastSeenAtMs),
    expiresAt: new Date(expiresAtMs),
    payload: bytesFromText(payload),
  };
}
