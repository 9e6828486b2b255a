import type { ClientDirectory, Grant, Storage } from '@tessera/contracts';
import { assertOwnGrant } from '../grants/own-grant.ts';

/** What the look-up needs. */
export interface LiveGrantDependencies {
  readonly clients: Pick<ClientDirectory, 'find'>;
  readonly storage: Pick<Storage, 'findGrant'>;
}

/**
 * The grant behind a genuine token, if it stands at `now`: there, not revoked, not expired, and of the client the token
 * names, which is enabled (N38). A disabled client costs no call. `clientId` is undefined for a token that names none; then
 * the grant's own client has to be enabled. Throws the TesseraError of storage: a token is never called good or bad because
 * storage did not answer.
 */
export async function findLiveGrant(
  grantId: string,
  clientId: string | undefined,
  now: Date,
  { clients, storage }: LiveGrantDependencies,
): Promise<Grant | undefined> {
  const isEnabled = (id: string): boolean => clients.find(id)?.isEnabled === true;
  if (clientId !== undefined && !isEnabled(clientId)) return undefined;
  const grant = await storage.findGrant(grantId);
  if (grant === undefined) return undefined;
  const owner = grant.authorization.clientId;
  assertOwnGrant(grant, { grantId, clientId: owner });
  if (grant.revokedAt !== undefined || (clientId === undefined ? !isEnabled(owner) : owner !== clientId)) {
    return undefined;
  }
  return grant.expiresAt !== undefined && grant.expiresAt <= now ? undefined : grant;
}
