import type { ClientDirectory, Grant, Storage } from '@tessera/contracts';
import { assertOwnGrant } from '../grants/own-grant.ts';

/** What the look-up needs. */
export interface LiveGrantDependencies {
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly storage: Pick<Storage, 'findGrant'>;
}

/**
 * The grant behind a genuine token, if it stands at `now`: there, not revoked, not expired, and of the client the token
 * names, which is enabled (N38). A disabled client costs no call. Throws the TesseraError of storage: a token is never
 * called good or bad because storage did not answer.
 */
export async function findLiveGrant(
  grantId: string,
  clientId: string,
  now: Date,
  { clients, storage }: LiveGrantDependencies,
): Promise<Grant | undefined> {
  if (clients.find(clientId)?.isEnabled !== true) return undefined;
  const grant = await storage.findGrant(grantId);
  if (grant !== undefined) assertOwnGrant(grant, { grantId, clientId: grant.authorization.clientId });
  if (grant === undefined || grant.authorization.clientId !== clientId || grant.revokedAt !== undefined)
    return undefined;
  return grant.expiresAt !== undefined && grant.expiresAt <= now ? undefined : grant;
}
