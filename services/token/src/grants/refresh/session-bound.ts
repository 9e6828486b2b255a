import type { Grant, Storage } from '@tessera/contracts';
import { type Client, encodeSubject } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';

/** What is asked whether a session still stands. */
export interface SessionBoundDependencies {
  readonly storage: Pick<Storage, 'findSession' | 'revokeGrant'>;
  readonly logger: Logger;
}

/**
 * Whether a grant of a client whose refresh tokens end with the session has outlived it (N24): then it is revoked. A grant
 * that came of no session, as of a password, has none to end with. Only clients with that setting cost the call.
 */
export async function hasSessionEnded(
  { id: grantId, authorization }: Grant,
  client: Client,
  { storage, logger }: SessionBoundDependencies,
): Promise<boolean> {
  const { sessionId, identity, connectorId } = authorization;
  if (client.settings.refreshTokens?.endWithSession !== true || sessionId === undefined) return false;
  const session = await storage.findSession(sessionId);
  if (session?.value.subject === encodeSubject(identity.userId, connectorId)) return false;
  await storage.revokeGrant({ grantId, clientId: client.id, reason: 'session_ended' });
  logger.info(
    { client_id: client.id, grant_id: grantId },
    'the session of the sign-in has ended, its grant is revoked',
  );
  return true;
}
