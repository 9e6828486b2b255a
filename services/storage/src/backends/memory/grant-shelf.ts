import { addSeconds, type Clock } from '@tessera/clock';
import type { Grant, GrantSelector } from '@tessera/contracts';
import type { NewGrant } from '../../ports.ts';
import type { GrantRecord } from '../../rules/judge-rotation.ts';
import { GRANT_RETENTION_SECONDS } from '../../rules/retention.ts';
import { grantExists } from '../../rules/store-errors.ts';
import { createBoundedMap } from './bounded-map.ts';

/** A grant in memory. */
export type MemoryGrant = GrantRecord & {
  /** In hexadecimal. */
  readonly codeHash: string;
  readonly subject: string;
  readonly revokedReason?: string;
};

/** Where the grants in memory stand, by id and by code. */
export interface GrantShelf {
  get(id: string): MemoryGrant | undefined;
  /** `codeHash` in hexadecimal. */
  byCode(codeHash: string): MemoryGrant | undefined;
  /** Puts or replaces a grant. Throws `resource_exhausted` (`storage.full`). */
  save(record: MemoryGrant): Grant;
  /** Those that fit and come after an id, in the order of their ids. */
  list(fits: (record: MemoryGrant) => boolean, limit: number, after?: string): readonly MemoryGrant[];
  /** Removes those that ended before, and says how many. */
  removeEnded(before: Date, limit: number): number;
}

/** An empty shelf. A grant that ended longer ago than its retention makes room for others. */
export function createGrantShelf(clock: Clock, maxGrants: number): GrantShelf {
  const idsByCode = new Map<string, string>();
  const records = createBoundedMap<MemoryGrant>({
    clock,
    maxEntries: maxGrants,
    expiresAt: ({ endsAt }) => (endsAt === undefined ? undefined : addSeconds(endsAt, GRANT_RETENTION_SECONDS)),
    onExpired: ({ codeHash }) => void idsByCode.delete(codeHash),
  });
  return {
    get: records.get,
    byCode: (codeHash) => records.get(idsByCode.get(codeHash) ?? ''),
    save(record) {
      records.set(record.grant.id, record);
      idsByCode.set(record.codeHash, record.grant.id);
      return record.grant;
    },
    list(fits, limit, after = '') {
      const found = [...records.values()].filter((record) => record.grant.id > after && fits(record));
      // UUIDs in lower case: the order of their text is the order of their bytes.
      return found.sort((left, right) => (left.grant.id < right.grant.id ? -1 : 1)).slice(0, limit);
    },
    removeEnded: (before, limit) => records.removeWhere(({ endsAt }) => endsAt !== undefined && endsAt < before, limit),
  };
}

/** A grant as it is at first. Throws `already_exists` (`storage.grant_exists`) when its id is taken. */
export function newMemoryGrant(shelf: GrantShelf, item: NewGrant): MemoryGrant {
  if (shelf.get(item.id) !== undefined) throw grantExists();
  const { id, codeHash, subject, authorization, createdAt, expiresAt, endsAt } = item;
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  return {
    codeHash: codeHash.toString('hex'),
    subject,
    grant: { id, authorization, generation: 0, createdAt, lastUsedAt: createdAt, ...expiry },
    ...(endsAt === undefined ? {} : { endsAt }),
  };
}

/** Whether a grant fits all that a selector says. */
export function fitsSelector({ subject, grant }: MemoryGrant, selector: GrantSelector): boolean {
  const { clientId, sessionId, connectorId } = grant.authorization;
  return (
    (selector.subject === undefined || selector.subject === subject) &&
    (selector.clientId === undefined || selector.clientId === clientId) &&
    (selector.sessionId === undefined || selector.sessionId === sessionId) &&
    (selector.connectorId === undefined || selector.connectorId === connectorId)
  );
}
