import { randomUUID } from 'node:crypto';
import type { Authorization, SecurityEvent } from '@tessera/contracts';

/** Reason of a grant that was revoked because its code came again. */
export const CODE_REPLAYED = 'code_replayed';

/** Reason of a grant that was revoked because a refresh token came again. */
export const REFRESH_TOKEN_REUSED = 'reused';

const typesByReason: ReadonlyMap<string, string> = new Map([
  [CODE_REPLAYED, 'code.replayed'],
  [REFRESH_TOKEN_REUSED, 'refresh_token.reused'],
]);

/** Type of the event that tells of a revocation. */
export function revocationEventType(reason: string): string {
  return typesByReason.get(reason) ?? 'grant.revoked';
}

/** A grant that was just revoked. */
export interface RevokedGrant {
  readonly id: string;
  readonly subject: string;
  readonly authorization: Pick<Authorization, 'clientId' | 'connectorId' | 'sessionId'>;
}

/**
 * The event of a revocation. The statements of PostgreSQL say the same in SQL: key = subject; data = `grantId`, `clientId`,
 * `connectorId`, `reason`, and `sessionId` when there is one.
 */
export function revocationEvent(grant: RevokedGrant, reason: string, now: Date): SecurityEvent {
  const { clientId, connectorId, sessionId } = grant.authorization;
  return {
    id: randomUUID(),
    type: revocationEventType(reason),
    key: grant.subject,
    time: now,
    data: JSON.stringify({
      grantId: grant.id,
      clientId,
      connectorId,
      reason,
      ...(sessionId === undefined ? {} : { sessionId }),
    }),
  };
}
