import type { FoundGrant, NewGrant, PresentedCode } from '../../ports.ts';
import { CODE_REPLAYED } from '../../rules/grant-events.ts';
import { grantExists, storeContended } from '../../rules/store-errors.ts';
import type { GrantRevocation } from './grant-revocation.ts';
import { insertionSteps } from './grant-steps.ts';
import { grantFromJson, newStoredGrant, type StoredGrant } from './grant-value.ts';
import { readKeys } from './pages.ts';
import { personKey, withPeople, withPerson } from './people.ts';
import { get, isAbsent } from './steps.ts';
import type { StoreParts } from './store-parts.ts';

/** Grants by their codes, one at a time. */
export interface GrantCodes {
  insert(item: NewGrant, now: Date): Promise<FoundGrant>;
  revokeBy(code: PresentedCode, now: Date): Promise<FoundGrant | undefined>;
}

/** A grant that is swept between two looks at it makes room for the next attempt. */
const MAX_ATTEMPTS = 5;

/** Grants by their codes, in etcd: the key of the code's hash is created once, in one transaction with the grant. */
export function createGrantCodes({ connection, keys, changes }: StoreParts, revocation: GrantRevocation): GrantCodes {
  /** The grant under a code after its replay; the one that is meant is spared. */
  const replay = async (holder: string, spared: string, now: Date): Promise<StoredGrant | undefined> => {
    if (holder !== spared) return (await revocation.revoke({ id: holder, reason: CODE_REPLAYED, now })).stored;
    const [standing] = await readKeys(connection, [keys.grants.key(holder)]);
    return standing && grantFromJson(standing.value.toString());
  };
  const found = async (holder: string, spared: string, now: Date): Promise<FoundGrant | undefined> =>
    (await withPeople(connection, keys, [await replay(holder, spared, now)]))[0];
  return {
    async insert(item, now) {
      const stored = newStoredGrant(item);
      const person = personKey(keys, item.authorization);
      // The person is read in the same transaction.
      const success = [...(person === undefined ? [] : [get(person)]), ...insertionSteps(keys, stored)];
      const [code, id] = [keys.codes.key(stored.codeHash), keys.grants.key(item.id)];
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const compare = [isAbsent(code), isAbsent(id)];
        const responses = await changes.attempt({ compare, success });
        if (responses !== undefined) {
          return withPerson(stored, person === undefined ? undefined : responses[0]?.response_range?.kvs[0]);
        }
        const [holder, rival] = await readKeys(connection, [code, id]);
        if (holder === undefined && rival !== undefined) throw grantExists();
        const standing = holder && (await found(holder.value.toString(), item.id, now));
        if (standing !== undefined) return standing;
      }
      throw storeContended('the grant of a code');
    },
    async revokeBy({ codeHash, grantId }, now) {
      const [holder] = await readKeys(connection, [keys.codes.key(codeHash.toString('hex'))]);
      return holder && found(holder.value.toString(), grantId, now);
    },
  };
}
