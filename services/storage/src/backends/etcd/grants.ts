import type { GrantToRevoke } from '@tessera/contracts';
import type { GrantStore } from '../../ports.ts';
import { createGrantCodes } from './grant-codes.ts';
import { createGrantLists } from './grant-lists.ts';
import { createGrantRevocation } from './grant-revocation.ts';
import { createGrantRotation } from './grant-rotation.ts';
import { createGrantSweep } from './grant-sweep.ts';
import { grantFromJson } from './grant-value.ts';
import { readKeys } from './pages.ts';
import { inParallel } from './parallel.ts';
import { withPeople } from './people.ts';
import type { StoreParts } from './store-parts.ts';

/** Grants in etcd, and the end of what goes on in the background. */
export interface EtcdGrants extends GrantStore {
  readonly close: () => void;
}

/** Grants in etcd. Each item of a batch is one transaction, so an item that fails leaves the others done. */
export function createEtcdGrants(parts: StoreParts): EtcdGrants {
  const { connection, keys, begin } = parts;
  const revocation = createGrantRevocation(parts);
  const codes = createGrantCodes(parts, revocation);
  const rotation = createGrantRotation(parts);
  const lists = createGrantLists(parts, revocation);
  const sweep = createGrantSweep(parts);
  return {
    async insertGrants(grants, now) {
      begin('insert_grants');
      return inParallel(grants, (item) => codes.insert(item, now));
    },
    async revokeByCode(presented, now) {
      begin('revoke_by_code');
      return inParallel(presented, (code) => codes.revokeBy(code, now));
    },
    async rotateGrants(tokens, now) {
      begin('rotate_grants');
      return rotation.rotate(tokens, now);
    },
    async reopenRotations(rotations, now) {
      begin('reopen_rotations');
      return inParallel(rotations, (one) => rotation.reopen(one, now));
    },
    async revokeGrants(grants, now) {
      begin('revoke_grants');
      const revokeOne = async ({ grantId, clientId, reason }: GrantToRevoke): Promise<boolean> => {
        const fits = clientId === undefined ? {} : { selector: { clientId } };
        return (await revocation.revoke({ id: grantId, reason, now, ...fits })).isRevokedNow;
      };
      return inParallel(grants, revokeOne);
    },
    async findGrants(ids) {
      begin('find_grants');
      const read = await readKeys(
        connection,
        ids.map((id) => keys.grants.key(id)),
      );
      return withPeople(
        connection,
        keys,
        read.map((entry) => entry && grantFromJson(entry.value.toString())),
      );
    },
    async listGrants(listing) {
      begin('list_grants');
      return lists.list(listing);
    },
    async revokeGrantsBy(selector, reason, limit, now) {
      begin('revoke_grants_by');
      return lists.revokeBy({ selector, reason, limit, now });
    },
    async deleteEndedGrants(before, limit) {
      begin('delete_ended_grants');
      return sweep(before, limit);
    },
    close: () => rotation.close(),
  };
}
