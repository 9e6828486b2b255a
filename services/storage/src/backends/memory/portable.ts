import type { PortableGrant, PortableStore, StoreObserver } from '../../ports.ts';
import { storeRetired } from '../../rules/store-errors.ts';
import type { GrantShelf, MemoryGrant } from './grant-shelf.ts';
import type { MemoryRecords } from './records.ts';

/** Whether the store still takes changes. */
export interface Retirement {
  /** Throws `unavailable` (`storage.retired`). */
  readonly assertChangeable: () => void;
  retire(): void;
  reinstate(): void;
}

/** A store that takes changes. */
export function createRetirement(): Retirement {
  let isRetired = false;
  return {
    assertChangeable() {
      if (isRetired) throw storeRetired();
    },
    retire() {
      isRetired = true;
    },
    reinstate() {
      isRetired = false;
    },
  };
}

/** What moving out of memory and into it needs. */
export interface MemoryPortableOptions {
  readonly shelf: GrantShelf;
  readonly records: MemoryRecords;
  readonly retirement: Retirement;
  readonly onStatement: StoreObserver | undefined;
}

/** Moving everything out of memory and into it. */
export function createMemoryPortable(options: MemoryPortableOptions): PortableStore {
  const { shelf, records, retirement, onStatement } = options;
  return {
    async exportGrants(limit, after) {
      onStatement?.('export_grants');
      return shelf.list(() => true, limit, after).map(toPortable);
    },
    async importGrants(grants) {
      onStatement?.('import_grants');
      retirement.assertChangeable();
      let imported = 0;
      for (const portable of grants) {
        const codeHash = portable.codeHash.toString('hex');
        if (shelf.get(portable.id) !== undefined || shelf.byCode(codeHash) !== undefined) continue;
        shelf.save(fromPortable(portable, codeHash));
        imported += 1;
      }
      return imported;
    },
    async importRecords(kind, imported) {
      onStatement?.('import_records');
      retirement.assertChangeable();
      return records.importAll(kind, imported);
    },
    async retire() {
      onStatement?.('retire');
      retirement.retire();
    },
    async reinstate() {
      onStatement?.('reinstate');
      retirement.reinstate();
    },
  };
}

function toPortable(record: MemoryGrant): PortableGrant {
  const { grant, subject, codeHash, endsAt, rotatedAt, attemptId, revokedReason } = record;
  const { id, authorization, createdAt, expiresAt } = grant;
  return {
    id,
    codeHash: Buffer.from(codeHash, 'hex'),
    subject,
    authorization,
    createdAt,
    grant,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(attemptId === undefined ? {} : { attemptId }),
    ...(revokedReason === undefined ? {} : { revokedReason }),
  };
}

function fromPortable(portable: PortableGrant, codeHash: string): MemoryGrant {
  const { grant, subject, endsAt, rotatedAt, attemptId, revokedReason } = portable;
  return {
    grant,
    subject,
    codeHash,
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(rotatedAt === undefined ? {} : { rotatedAt }),
    ...(attemptId === undefined ? {} : { attemptId }),
    ...(revokedReason === undefined ? {} : { revokedReason }),
  };
}
