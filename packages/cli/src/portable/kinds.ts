import { allRecordKinds, type RecordKind } from '@tessera/storage';
import type { PortableEntry } from './portable-entry.ts';

/**
 * The kinds of records that are moved. Leases belong to processes that run, and end by themselves. Key sets come first: where
 * they cannot be taken, nothing else is.
 */
export const portableKinds: readonly RecordKind[] = [
  'key_set',
  ...allRecordKinds.filter((kind) => kind !== 'lease' && kind !== 'key_set'),
];

const plurals: Readonly<Record<RecordKind, string>> = {
  client: 'clients',
  connector: 'connectors',
  key_set: 'key sets',
  user: 'users',
  credential: 'credentials',
  consent: 'consents',
  session: 'sessions',
  initial_access_token: 'initial access tokens',
  logout_delivery: 'logout deliveries',
  logout_due: 'logout due times',
  lease: 'leases',
};

/** What an entry is counted as, e.g. `key sets`. */
export function countedAs(entry: PortableEntry): string {
  return entry.type === 'record' ? plurals[entry.kind] : `${entry.type}s`;
}
