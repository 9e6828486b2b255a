import type { Grant } from '@tessera/contracts';

/** Whose grant was asked for. */
export interface WantedGrant {
  readonly grantId: string;
  readonly clientId: string;
}

/**
 * Passes on the grant that storage answered with. Answers come in batches beside those of other people: for one that is
 * not the grant that was asked for it throws, so that a mistake on the way never becomes somebody else's tokens (N21).
 */
export function assertOwnGrant(grant: Grant, { grantId, clientId }: WantedGrant): Grant {
  if (grant.id === grantId && grant.authorization.clientId === clientId) return grant;
  throw new Error('storage answered with another grant than was asked for');
}
