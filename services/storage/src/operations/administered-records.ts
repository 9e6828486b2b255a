import type { Clock } from '@tessera/clock';
import type {
  AdministeredKind,
  AdministeredRecords,
  RecordToPut,
  SecurityEvent,
  StorageAdminApi,
  Versioned,
} from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import { type EventData, newEvent } from '@tessera/events';
import type { RecordStore, RecordToWrite, StoredRecord } from '../ports.ts';
import { assertMoment, assertVersion, invalidInput, isStorableId } from '../rules/accepted-input.ts';
import { administeredKinds, recordIdOf } from './administered-kinds.ts';
import { recordPage } from './record-pages.ts';
import type { StaticClients } from './static-clients.ts';
import type { StaticUsers } from './users.ts';

/** What administering records needs. */
export interface AdministeredRecordsOptions {
  readonly clock: Clock;
  readonly durable: RecordStore;
  readonly staticUsers: StaticUsers;
  readonly staticClients: StaticClients;
}

/** Reading and changing administered records. */
export type AdministeredRecordOperations = Pick<
  StorageAdminApi,
  'getRecord' | 'listRecords' | 'putRecord' | 'deleteRecord'
>;

/** Administration of stored records, one statement each. What the configuration says shadows them and stays as it is. */
export function createAdministeredRecords(options: AdministeredRecordsOptions): AdministeredRecordOperations {
  const { clock, durable, staticUsers, staticClients } = options;
  const findStatic = <K extends AdministeredKind>(kind: K, id: string): AdministeredRecords[K] | undefined => {
    const found: unknown =
      kind === 'client' ? staticClients.clients.get(id) : kind === 'user' ? staticUsers.get(id) : undefined;
    return found as AdministeredRecords[K] | undefined;
  };
  const assertChangeable = (kind: AdministeredKind, id: string): void => {
    if (findStatic(kind, id) !== undefined) throw isStatic(kind);
  };
  return {
    async getRecord(kind, id) {
      const key = recordIdOf(kind, id);
      const known = findStatic(kind, key);
      if (known !== undefined) return { value: known, version: 0 };
      if (!isStorableId(key)) return undefined;
      const [record] = await durable.getRecords([{ kind, id: key }], clock.now());
      return record === undefined ? undefined : versioned(kind, record);
    },
    async listRecords(kind, { subject, ...request }) {
      if (subject !== undefined && administeredKinds[kind].ownerOf === undefined) {
        throw invalidInput('storage.invalid_selector', `records of the kind ${kind} do not belong to a person`);
      }
      const read = (record: StoredRecord) => versioned(kind, record);
      return recordPage(request, { store: durable, kind, owner: subject, now: clock.now(), read });
    },
    async putRecord(record) {
      assertChangeable(record.kind, administeredKinds[record.kind].idOf(record.value));
      const now = clock.now();
      const [version] = await durable.writeRecords([toWrite(record, now)], now);
      return version;
    },
    async deleteRecord({ kind, id, expectedVersion, actor }) {
      const key = recordIdOf(kind, id);
      assertChangeable(kind, key);
      if (!isStorableId(key)) return false;
      if (expectedVersion !== undefined) assertVersion(expectedVersion);
      const now = clock.now();
      const events = [changed(kind, { id: key, change: 'deleted', actor }, now)];
      const expected = expectedVersion === undefined ? {} : { expectedVersion };
      const [isDeleted = false] = await durable.removeRecords([{ kind, id: key, ...expected, events }], now);
      return isDeleted;
    },
  };
}

/** The types of these events and what they say are alike. */
function changed(kind: AdministeredKind, data: EventData<'client.changed'>, now: Date): SecurityEvent {
  return newEvent(`${kind}.changed` as 'client.changed', data.id, data, now);
}

function versioned<K extends AdministeredKind>(kind: K, record: StoredRecord): Versioned<AdministeredRecords[K]> {
  return { value: administeredKinds[kind].fromJson(record.body), version: record.version };
}

function toWrite<K extends AdministeredKind>(
  { kind, value, expected, actor }: RecordToPut<K>,
  now: Date,
): RecordToWrite {
  const traits = administeredKinds[kind];
  const id = traits.idOf(value);
  const owner = traits.ownerOf?.(value);
  assertKeepable(id, 'an id');
  if (owner !== undefined) assertKeepable(owner, 'a subject');
  if (typeof expected === 'number') assertVersion(expected);
  traits.check?.(value);
  const body = traits.toJson(value);
  if (Buffer.byteLength(body, 'utf8') > traits.maxBytes) {
    throw invalidInput('storage.invalid_record', `a record of the kind ${kind} has at most ${traits.maxBytes} bytes`);
  }
  const expiresAt = traits.expiresAtOf?.(value);
  assertMoment(expiresAt, 'the end of a record');
  const change = expected === 'any' ? 'replaced' : expected === 'absent' ? 'created' : 'updated';
  return {
    kind,
    id,
    body,
    expected,
    ...(owner === undefined ? {} : { owner }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    events: [changed(kind, { id, change, actor }, now)],
  };
}

function assertKeepable(value: string, what: string): void {
  if (!isStorableId(value)) {
    throw invalidInput('storage.invalid_record', `${what} is well-formed text of 1 to 512 bytes`);
  }
}

function isStatic(kind: AdministeredKind): TesseraError {
  const what = kind === 'user' ? 'the person' : `the ${kind}`;
  return new TesseraError({
    kind: 'conflict',
    code: 'storage.is_static',
    message: `${what} stands in the configuration file and can only be changed there`,
  });
}
