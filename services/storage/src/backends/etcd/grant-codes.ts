import type { Grant } from '@tessera/contracts';
import type { NewGrant, PresentedCode } from '../../ports.ts';
import { CODE_REPLAYED } from '../../rules/grant-events.ts';
import { grantExists, storeContended } from '../../rules/store-errors.ts';
import type { GrantRevocation } from './grant-revocation.ts';
import { insertionSteps } from './grant-steps.ts';
import { grantFromJson, newStoredGrant } from './grant-value.ts';
import { readKeys } from './pages.ts';
import { isAbsent } from './steps.ts';
import type { StoreParts } from './store-parts.ts';

/** Grants by their codes, one at a time. */
export interface GrantCodes {
  insert(item: NewGrant, now: Date): Promise<Grant>;
  revokeBy(code: PresentedCode, now: Date): Promise<Grant | undefined>;
}

/** A grant that is swept between two looks at it makes room for the next attempt. */
const MAX_ATTEMPTS = 5;

/** Grants by their codes, in etcd: the key of the code's hash is created once, in one transaction with the grant. */
export function createGrantCodes({ connection, keys, changes }: StoreParts, revocation: GrantRevocation): GrantCodes {
  /** The grant under a code after its replay; the one that is meant is spared. */
  const replay = async (holder: string, spared: string, now: Date): Promise<Grant | undefined> => {
    if (holder !== spared) {
      return (await revocation.revoke({ id: holder, reason: CODE_REPLAYED, now })).stored?.grant;
    }
    const [standing] = await readKeys(connection, [keys.grants.key(holder)]);
    return standing && grantFromJson(standing.value.toString()).grant;
  };
  return {
    async insert(item, now) {
      const stored = newStoredGrant(item);
      const [code, id] = [keys.codes.key(stored.codeHash), keys.grants.key(item.id)];
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const compare = [isAbsent(code), isAbsent(id)];
        if (await changes.attempt({ compare, success: insertionSteps(keys, stored) })) return stored.grant;
        const [holder, rival] = await readKeys(connection, [code, id]);
        if (holder === undefined && rival !== undefined) throw grantExists();
        const standing = holder && (await replay(holder.value.toString(), item.id, now));
        if (standing !== undefined) return standing;
      }
      throw storeContended('the grant of a code');
    },
    async revokeBy({ codeHash, grantId }, now) {
      const [holder] = await readKeys(connection, [keys.codes.key(codeHash.toString('hex'))]);
      return holder && replay(holder.value.toString(), grantId, now);
    },
  };
}
