import type { Expectation } from '@tessera/contracts';
import type { RecordKind, RecordStore, RecordToRemove, RecordToWrite, StoredRecord } from '../../ports.ts';
import type { Judgement } from './compare-and-set.ts';
import { readKeys } from './pages.ts';
import { inParallel } from './parallel.ts';
import type { KeyValue } from './protocol.ts';
import { createRecordLists } from './record-lists.ts';
import { countSteps, REMOVAL_STEPS, recordSteps, removalSteps } from './record-steps.ts';
import { presentRecord, recordFromJson } from './record-value.ts';
import type { StoreParts } from './store-parts.ts';
import { sweepDue } from './sweep-due.ts';

const MAX_STEPS = 120;

/** Versioned documents in etcd. Each of a batch is one transaction, so one that fails leaves the others done. */
export function createEtcdRecords(parts: StoreParts): RecordStore {
  const { connection, keys, begin } = parts;
  const lists = createRecordLists(parts);
  return {
    async getRecords(refs, now) {
      begin('get_records');
      const read = await readKeys(
        connection,
        refs.map(({ kind, id }) => keys.records(kind).key(id)),
      );
      return refs.map(({ id }, index) => presentRecord(recordOf(id, read[index]), now));
    },
    async listRecords(listing, now) {
      begin('list_records');
      return lists.list(listing, now);
    },
    async writeRecords(records, now) {
      begin('write_records');
      return inParallel(records, (record) => writeRecord(parts, record, now));
    },
    async removeRecords(records, now) {
      begin('remove_records');
      return inParallel(records, (record) => removeRecord(parts, record, now));
    },
    async revisions() {
      begin('revisions');
      return lists.revisions();
    },
    async deleteExpiredRecords(before, limit) {
      begin('delete_expired_records');
      return deleteExpired(parts, before, limit);
    },
  };
}

async function writeRecord(
  { keys, changes, eventSteps }: StoreParts,
  { kind, expected, events, ...record }: RecordToWrite,
  now: Date,
): Promise<number | undefined> {
  const judge = (read: KeyValue | undefined): Judgement<number | undefined> => {
    const before = recordOf(record.id, read);
    const standing = presentRecord(before, now);
    if (!isExpected(expected, standing)) return { result: undefined, steps: [] };
    const version = (standing?.version ?? 0) + 1;
    const steps = [...recordSteps(keys, kind, before, { ...record, version }), ...eventSteps(events)];
    return { result: version, steps };
  };
  // What waits in the outbox is sent on under leases, of a retired store too.
  const { result } = await changes.run(keys.records(kind).key(record.id), judge, kind === 'lease');
  return result;
}

async function removeRecord(
  { keys, changes, eventSteps }: StoreParts,
  { kind, id, expectedVersion, events }: RecordToRemove,
  now: Date,
): Promise<boolean> {
  const { result } = await changes.run(keys.records(kind).key(id), (read) => {
    const standing = presentRecord(recordOf(id, read), now);
    if (standing === undefined || (expectedVersion !== undefined && standing.version !== expectedVersion)) {
      return { result: false, steps: [] };
    }
    const steps = [...removalSteps(keys, kind, standing), ...countSteps(keys, kind), ...eventSteps(events)];
    return { result: true, steps };
  });
  return result;
}

function deleteExpired(parts: StoreParts, before: Date, limit: number): Promise<number> {
  const { connection, keys } = parts;
  return sweepDue(parts, {
    index: keys.expiring,
    before,
    limit,
    atOnce: Math.floor(MAX_STEPS / REMOVAL_STEPS),
    async read(entries) {
      const refs = entries.map(({ key }) => {
        const [, kind = '', ...id] = keys.expiring.rest(key).split('/');
        return { kind: kind as RecordKind, id: id.join('/') };
      });
      const read = await readKeys(
        connection,
        refs.map(({ kind, id }) => keys.records(kind).key(id)),
      );
      return refs.flatMap(({ kind, id }, index) => {
        const entry = read[index];
        const record = recordOf(id, entry);
        const isDue = record?.expiresAt !== undefined && record.expiresAt < before;
        return entry !== undefined && isDue ? [{ read: entry, steps: removalSteps(keys, kind, record) }] : [];
      });
    },
  });
}

function isExpected(expected: Expectation, standing: StoredRecord | undefined): boolean {
  if (expected === 'any') return true;
  return expected === 'absent' ? standing === undefined : standing?.version === expected;
}

function recordOf(id: string, read: KeyValue | undefined): StoredRecord | undefined {
  return read && recordFromJson(id, read.value);
}
