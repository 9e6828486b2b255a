import type { Authorization } from '@tessera/contracts';
import { userFromJson } from '../../codec/user-json.ts';
import type { FoundGrant } from '../../ports.ts';
import { passwordUserEmail } from '../../rules/password-user.ts';
import type { EtcdConnection } from './connection.ts';
import type { StoredGrant } from './grant-value.ts';
import type { Keyspace } from './keyspace.ts';
import { readKeys } from './pages.ts';
import type { KeyValue } from './protocol.ts';
import { recordFromJson } from './record-value.ts';

/** Where the stored person stands that an authorization is about; undefined when another connector knows them. */
export function personKey(keys: Keyspace, authorization: Authorization): Buffer | undefined {
  const email = passwordUserEmail(authorization);
  return email === undefined ? undefined : keys.records('user').key(email);
}

/** A grant with the person that was read for it. */
export function withPerson({ grant }: StoredGrant, read: KeyValue | undefined): FoundGrant {
  return read === undefined ? { grant } : { grant, user: userFromJson(recordFromJson('', read.value).body) };
}

/** Grants with the stored people they are about; undefined stays. */
export async function withPeople(
  connection: EtcdConnection,
  keys: Keyspace,
  grants: readonly (StoredGrant | undefined)[],
): Promise<readonly (FoundGrant | undefined)[]> {
  const wanted = new Map<string, Buffer>();
  for (const stored of grants) {
    const key = stored && personKey(keys, stored.grant.authorization);
    if (key !== undefined) wanted.set(key.toString(), key);
  }
  const found = await readKeys(connection, [...wanted.values()]);
  const people = new Map([...wanted.keys()].map((key, index) => [key, found[index]]));
  return grants.map((stored) => {
    const key = stored && personKey(keys, stored.grant.authorization);
    return stored && withPerson(stored, key === undefined ? undefined : people.get(key.toString()));
  });
}
