import type { Grant, User } from '@tessera/contracts';
import type { FoundGrant, GrantStore, NewGrant, StoreObserver } from '../../ports.ts';
import { CODE_REPLAYED, REFRESH_TOKEN_REUSED, revocationEvent } from '../../rules/grant-events.ts';
import { judgeRotation, reopenRotation, settleRotation } from '../../rules/judge-rotation.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import { fitsSelector, type GrantShelf, type MemoryGrant, newMemoryGrant } from './grant-shelf.ts';
import type { MemoryOutbox } from './outbox.ts';

/** What the grants in memory need. */
export interface MemoryGrantsOptions {
  readonly shelf: GrantShelf;
  readonly outbox: MemoryOutbox;
  readonly findStoredUser: (email: string) => User | undefined;
  /** Throws when the store is retired. */
  readonly assertChangeable: () => void;
  readonly onStatement: StoreObserver | undefined;
}

/** Grants in memory. Every method runs in one turn, so callers are judged one after the other. */
export function createMemoryGrants(options: MemoryGrantsOptions): GrantStore {
  return { ...codeMethods(options), ...tokenMethods(options), ...administrativeMethods(options) };
}

/** Before anything is changed: a change that writes an event must not fail half-way. */
function beginChange(
  { outbox, assertChangeable, onStatement }: MemoryGrantsOptions,
  name: string,
  items: number,
): void {
  onStatement?.(name);
  assertChangeable();
  outbox.assertRoom(items);
}

function revoke({ shelf, outbox }: MemoryGrantsOptions, record: MemoryGrant, reason: string, now: Date): Grant {
  const { grant, subject } = record;
  if (grant.revokedAt !== undefined) return grant;
  outbox.add(revocationEvent({ ...grant, subject }, reason, now));
  return shelf.save({ ...record, grant: { ...grant, revokedAt: now }, endsAt: now, revokedReason: reason });
}

function found({ findStoredUser }: MemoryGrantsOptions, grant: Grant): FoundGrant {
  const email = passwordUserEmail(grant.authorization);
  const user = email === undefined ? undefined : findStoredUser(email);
  return { grant, ...(user === undefined ? {} : { user }) };
}

function codeMethods(options: MemoryGrantsOptions): Pick<GrantStore, 'insertGrants' | 'revokeByCode'> {
  const { shelf } = options;
  const settle = (item: NewGrant, fresh: ReadonlyMap<string, MemoryGrant>, now: Date): Grant => {
    const standing = shelf.byCode(item.codeHash.toString('hex'));
    if (standing !== undefined) {
      return standing.grant.id === item.id ? standing.grant : revoke(options, standing, CODE_REPLAYED, now);
    }
    return shelf.save(fresh.get(item.id) ?? newMemoryGrant(shelf, item));
  };
  return {
    async insertGrants(grants, now) {
      beginChange(options, 'insert_grants', grants.length);
      // All of them first, so that a taken id refuses the batch before it changes anything.
      const absent = grants.filter(({ codeHash }) => shelf.byCode(codeHash.toString('hex')) === undefined);
      const fresh = new Map(absent.map((item) => [item.id, newMemoryGrant(shelf, item)]));
      return grants.map((item) => found(options, settle(item, fresh, now)));
    },
    async revokeByCode(codes, now) {
      beginChange(options, 'revoke_by_code', codes.length);
      return codes.map(({ codeHash, grantId }) => {
        const standing = shelf.byCode(codeHash.toString('hex'));
        if (standing === undefined) return undefined;
        const isMeant = standing.grant.id === grantId;
        return found(options, isMeant ? standing.grant : revoke(options, standing, CODE_REPLAYED, now));
      });
    },
  };
}

function tokenMethods(
  options: MemoryGrantsOptions,
): Pick<GrantStore, 'rotateGrants' | 'reopenRotations' | 'revokeGrants' | 'findGrants'> {
  const { shelf, onStatement } = options;
  return {
    async rotateGrants(tokens, now) {
      beginChange(options, 'rotate_grants', tokens.length);
      return tokens.map((token) => {
        const record = shelf.get(token.grantId);
        if (record === undefined) return undefined;
        const verdict = judgeRotation(record, token, now);
        const settled = settleRotation(record, { verdict, token, now });
        if (verdict === 'reused') revoke(options, record, REFRESH_TOKEN_REUSED, now);
        else if (settled !== record) shelf.save(settled);
        return { verdict, ...found(options, settled.grant) };
      });
    },
    async reopenRotations(rotations, now) {
      beginChange(options, 'reopen_rotations', 0);
      return rotations.map((rotation) => {
        const record = shelf.get(rotation.grantId);
        if (record === undefined) return false;
        const reopened = reopenRotation(record, rotation, now);
        if (reopened === record) return false;
        shelf.save(reopened);
        return true;
      });
    },
    async revokeGrants(grants, now) {
      beginChange(options, 'revoke_grants', grants.length);
      return grants.map(({ grantId, clientId, reason }) => {
        const record = shelf.get(grantId);
        if (record === undefined || record.grant.revokedAt !== undefined) return false;
        if (clientId !== undefined && clientId !== record.grant.authorization.clientId) return false;
        revoke(options, record, reason, now);
        return true;
      });
    },
    async findGrants(ids) {
      onStatement?.('find_grants');
      return ids.map((id) => {
        const record = shelf.get(id);
        return record === undefined ? undefined : found(options, record.grant);
      });
    },
  };
}

function administrativeMethods(
  options: MemoryGrantsOptions,
): Pick<GrantStore, 'listGrants' | 'revokeGrantsBy' | 'deleteEndedGrants'> {
  const { shelf, onStatement } = options;
  return {
    async listGrants({ selector, after, limit }) {
      onStatement?.('list_grants');
      const records = shelf.list((record) => fitsSelector(record, selector), limit, after);
      return records.map(({ grant }) => found(options, grant));
    },
    async revokeGrantsBy(selector, reason, limit, now) {
      beginChange(options, 'revoke_grants_by', limit);
      const stands = (record: MemoryGrant): boolean =>
        record.grant.revokedAt === undefined && fitsSelector(record, selector);
      const records = shelf.list(stands, limit);
      for (const record of records) revoke(options, record, reason, now);
      return records.length;
    },
    async deleteEndedGrants(before, limit) {
      beginChange(options, 'delete_ended_grants', 0);
      return shelf.removeEnded(before, limit);
    },
  };
}
