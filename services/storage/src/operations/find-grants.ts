import type { Clock } from '@tessera/clock';
import type { Grant, StorageReadApi } from '@tessera/contracts';
import { succeeded } from '@tessera/rpc';
import type { FoundGrant, GrantStore } from '../ports.ts';
import { isUuid } from '../rules/stored-text.ts';
import { type StaticUsers, standingOf } from './users.ts';

/** What looking up grants needs. */
export interface FindGrantsOptions {
  readonly clock: Clock;
  readonly durable: GrantStore;
  readonly staticUsers: StaticUsers;
}

/**
 * A grant as callers see it. Of the password database: when its person is gone or disabled it is shown as revoked from now
 * on, and one whose person stands with their present identity (N38).
 */
export function shownGrant({ grant, user }: FoundGrant, staticUsers: StaticUsers, now: Date): Grant {
  const standing = standingOf(grant.authorization, user, staticUsers);
  switch (standing.type) {
    case 'elsewhere':
      return grant;
    case 'stands':
      return { ...grant, authorization: { ...grant.authorization, identity: standing.identity } };
    case 'gone':
      return { ...grant, revokedAt: grant.revokedAt ?? now };
  }
}

/** Looks up grants in one statement. */
export function createFindGrants({ clock, durable, staticUsers }: FindGrantsOptions): StorageReadApi['findGrants'] {
  return async (ids) => {
    const distinct = [...new Set(ids.filter(isUuid).map((id) => id.toLowerCase()))];
    const found = distinct.length === 0 ? [] : await durable.findGrants(distinct);
    const grants = new Map(distinct.map((id, index) => [id, found[index]]));
    return ids.map((id) => {
      const grant = grants.get(id.toLowerCase());
      return succeeded(grant === undefined ? undefined : shownGrant(grant, staticUsers, clock.now()));
    });
  };
}
