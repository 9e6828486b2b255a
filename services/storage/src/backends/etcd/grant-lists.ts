import type { GrantSelector } from '@tessera/contracts';
import type { FoundGrant, GrantListing } from '../../ports.ts';
import type { GrantRevocation } from './grant-revocation.ts';
import { isStanding } from './grant-steps.ts';
import { fitsSelector, grantFromJson, membersOfSelector, type StoredGrant } from './grant-value.ts';
import type { Prefix } from './keyspace.ts';
import { readKeys, readPages } from './pages.ts';
import { inParallel } from './parallel.ts';
import { withPeople } from './people.ts';
import type { StoreParts } from './store-parts.ts';

/** Entries of an index that are read at a time. */
const INDEX_PAGE = 1000;

/** Grants by a selector. */
export interface GrantLists {
  list(listing: GrantListing): Promise<readonly FoundGrant[]>;
  revokeBy(request: GrantsToEnd): Promise<number>;
}

/** Grants to revoke by a selector. */
export interface GrantsToEnd {
  readonly selector: GrantSelector;
  readonly reason: string;
  readonly limit: number;
  readonly now: Date;
}

/** Grants by a selector, in etcd: found by the index of one member, and read to see whether they fit the others. */
export function createGrantLists(parts: StoreParts, revocation: GrantRevocation): GrantLists {
  const { connection, keys } = parts;
  return {
    async list({ selector, after, limit }) {
      const index = indexOf(parts, selector);
      const found: StoredGrant[] = [];
      for await (const page of readPages(connection, index, { after })) {
        const read = await readKeys(
          connection,
          page.map(({ key }) => keys.grants.key(index.rest(key))),
        );
        const stored = read.flatMap((entry) => (entry === undefined ? [] : [grantFromJson(entry.value.toString())]));
        found.push(...stored.filter((one) => fitsSelector(one, selector)));
        if (found.length >= limit) break;
      }
      const all = await withPeople(connection, keys, found.slice(0, limit));
      return all.flatMap((one) => (one === undefined ? [] : [one]));
    },
    async revokeBy({ selector, reason, limit, now }) {
      const index = indexOf(parts, selector);
      let count = 0;
      for await (const page of readPages(connection, index, { size: INDEX_PAGE })) {
        const ids = page.filter(isStanding).map(({ key }) => index.rest(key));
        for (let next = 0; next < ids.length; ) {
          if (count >= limit) return count;
          const some = ids.slice(next, next + limit - count);
          const revoked = await inParallel(some, (id) => revocation.revoke({ id, reason, now, selector }));
          count += revoked.filter(({ isRevokedNow }) => isRevokedNow).length;
          next += some.length;
        }
      }
      return count;
    },
  };
}

/** @throws TypeError for a selector that says nothing: that would mean every grant. */
function indexOf({ keys }: StoreParts, selector: GrantSelector): Prefix<[id: string]> {
  const [first] = membersOfSelector(selector);
  if (first === undefined) throw new TypeError('a selector of grants says nothing');
  return keys.by(...first);
}
