import { addSeconds, type Clock } from '@tessera/clock';
import type { Grant, User } from '@tessera/contracts';
import type { FoundGrant, GrantStore, NewGrant, StoreObserver } from '../../ports.ts';
import { type GrantRecord, judgeRotation, settleRotation } from '../../rules/judge-rotation.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import { endOf, GRANT_RETENTION_SECONDS } from '../../rules/retention.ts';
import { grantExists } from '../../rules/store-errors.ts';
import { createBoundedMap } from './bounded-map.ts';

/** What the grants in memory need. */
export interface MemoryGrantsOptions {
  readonly clock: Clock;
  readonly maxGrants: number;
  readonly findStoredUser: (email: string) => User | undefined;
  readonly onStatement: StoreObserver | undefined;
}

type MemoryRecord = GrantRecord & { readonly codeHash: string };

/** Grants in memory. Every method runs in one turn, so callers are judged one after the other. */
export function createMemoryGrants({ clock, maxGrants, findStoredUser, onStatement }: MemoryGrantsOptions): GrantStore {
  const idsByCode = new Map<string, string>();
  const records = createBoundedMap<MemoryRecord>({
    clock,
    maxEntries: maxGrants,
    expiresAt: ({ grant }) => {
      const end = endOf(grant);
      return end === undefined ? undefined : addSeconds(end, GRANT_RETENTION_SECONDS);
    },
    onExpired: ({ codeHash }) => void idsByCode.delete(codeHash),
  });
  const byCode = (codeHash: string): MemoryRecord | undefined => records.get(idsByCode.get(codeHash) ?? '');
  const save = (record: MemoryRecord): Grant => {
    records.set(record.grant.id, record);
    idsByCode.set(record.codeHash, record.grant.id);
    return record.grant;
  };
  const insert = (item: NewGrant): Grant => {
    if (records.get(item.id) !== undefined) throw grantExists();
    return save(newRecord(item));
  };
  const revoke = (record: MemoryRecord, now: Date): Grant =>
    record.grant.revokedAt === undefined
      ? save({ ...record, grant: { ...record.grant, revokedAt: now } })
      : record.grant;
  const found = ({ grant }: GrantRecord): FoundGrant => {
    const email = passwordUserEmail(grant.authorization);
    const user = email === undefined ? undefined : findStoredUser(email);
    return { grant, ...(user === undefined ? {} : { user }) };
  };
  return {
    async insertGrants(grants, now) {
      onStatement?.('insert_grants');
      return grants.map((item) => {
        const standing = byCode(item.codeHash.toString('hex'));
        if (standing === undefined) return insert(item);
        return standing.grant.id === item.id ? standing.grant : revoke(standing, now);
      });
    },
    async revokeByCode(codes, now) {
      onStatement?.('revoke_by_code');
      return codes.map(({ codeHash, grantId }) => {
        const standing = byCode(codeHash.toString('hex'));
        return standing === undefined || standing.grant.id === grantId ? standing?.grant : revoke(standing, now);
      });
    },
    async rotateGrants(tokens, now) {
      onStatement?.('rotate_grants');
      return tokens.map((token) => {
        const record = records.get(token.grantId);
        if (record === undefined) return undefined;
        const { user } = found(record);
        const verdict = judgeRotation(record, token, now);
        const settled = settleRotation(record, { verdict, token, now, user });
        if (settled !== record) save({ ...settled, codeHash: record.codeHash });
        return { verdict, grant: settled.grant, ...(user === undefined ? {} : { user }) };
      });
    },
    async revokeGrants(grants, now) {
      onStatement?.('revoke_grants');
      return grants.map(({ grantId, clientId }) => {
        const record = records.get(grantId);
        if (record === undefined || record.grant.revokedAt !== undefined) return false;
        if (clientId !== undefined && clientId !== record.grant.authorization.clientId) return false;
        revoke(record, now);
        return true;
      });
    },
    async findGrants(ids) {
      onStatement?.('find_grants');
      return ids.map((id) => {
        const record = records.get(id);
        return record === undefined ? undefined : found(record);
      });
    },
    async deleteExpiredGrants() {
      records.sweep();
      return 0;
    },
  };
}

function newRecord({ id, codeHash, authorization, createdAt, expiresAt }: NewGrant): MemoryRecord {
  const expiry = expiresAt === undefined ? {} : { expiresAt };
  return {
    codeHash: codeHash.toString('hex'),
    grant: { id, authorization, generation: 0, createdAt, lastUsedAt: createdAt, ...expiry },
  };
}
