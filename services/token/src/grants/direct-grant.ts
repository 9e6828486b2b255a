import { randomUUID } from 'node:crypto';
import type { Authorization } from '@tessera/contracts';
import type { Client } from '@tessera/oauth';
import { expiriesAt, refreshRules } from '../issue/lifetimes.ts';
import type { TokenIssuing, TokenResponse } from '../issue/tokens.ts';
import type { TokenServiceOptions } from '../ports.ts';
import { assertOwnGrant } from './own-grant.ts';

/** What issuing without a code needs. */
export type DirectGrantDependencies = Pick<TokenServiceOptions, 'config' | 'storage'> & {
  readonly issuing: TokenIssuing;
};

type Refreshing = 'connectorData' | 'isRefreshable' | 'refreshesUpstream';

/**
 * What is granted, without what is the same for all grants of this kind: the client, and the redirect URI there is none of. Left
 * out of what refreshing needs: there is no refresh token.
 */
export type DirectAuthorization = Omit<Authorization, 'clientId' | 'redirectUri' | Refreshing> &
  Partial<Pick<Authorization, Refreshing>>;

const NOT_REFRESHABLE: Pick<Authorization, Refreshing> = {
  connectorData: new Uint8Array(),
  isRefreshable: false,
  refreshesUpstream: false,
};

/** A grant that comes of no code, and what its tokens are to say. */
export interface DirectGrant {
  readonly client: Client;
  readonly now: Date;
  readonly authorization: DirectAuthorization;
  readonly nonce?: string | undefined;
  /** When its tokens end at the latest; undefined = as the client's lifetimes say. */
  readonly notAfter?: Date | undefined;
}

/**
 * Creates the grant and issues its tokens: one durable statement, so that they can be revoked like all others. A signature
 * that cannot be had leaves a grant nobody has a token of, and that ends by itself.
 */
export async function issueDirectly(
  { client, now, authorization, nonce, notAfter }: DirectGrant,
  { config, storage, issuing }: DirectGrantDependencies,
): Promise<TokenResponse> {
  const ends = expiriesAt(now, config.expiry, client, notAfter);
  const grantId = randomUUID();
  const created = await storage.createGrant({
    grantId,
    authorization: { ...NOT_REFRESHABLE, ...authorization, clientId: client.id, redirectUri: '' },
    tokensExpireAt: ends.lastToken,
    ...(ends.refreshFamily !== undefined && { refreshExpiresAt: ends.refreshFamily }),
    validIfNotUsedForSeconds: refreshRules(client, config.expiry).validIfNotUsedForSeconds,
  });
  const grant = assertOwnGrant(created, { grantId, clientId: client.id });
  const { scopes, details } = grant.authorization;
  return issuing.forGrant({ grant, client, scopes, resources: details?.resources ?? [], now, nonce, notAfter });
}
