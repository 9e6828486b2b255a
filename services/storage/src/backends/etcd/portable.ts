import type { PortableStore } from '../../ports.ts';
import { insertionSteps } from './grant-steps.ts';
import { fromPortable, grantFromJson, toPortable } from './grant-value.ts';
import { readPages } from './pages.ts';
import { inParallel } from './parallel.ts';
import { recordSteps } from './record-steps.ts';
import { isAbsent, put, remove } from './steps.ts';
import type { StoreParts } from './store-parts.ts';

/** Moving everything out of etcd and into it. While the key `retired` is there, no transaction changes a grant or a record. */
export function createEtcdPortable({ connection, keys, changes, begin }: StoreParts): PortableStore {
  const countDone = (all: readonly boolean[]): number => all.filter((isDone) => isDone).length;
  return {
    async exportGrants(limit, after) {
      begin('export_grants');
      const found = [];
      for await (const page of readPages(connection, keys.grants, { after })) {
        found.push(...page.map(({ value }) => toPortable(grantFromJson(value.toString()))));
        if (found.length >= limit) break;
      }
      return found.slice(0, limit);
    },
    async importGrants(grants) {
      begin('import_grants');
      const importOne = async (stored: ReturnType<typeof fromPortable>): Promise<boolean> => {
        const compare = [isAbsent(keys.codes.key(stored.codeHash)), isAbsent(keys.grants.key(stored.grant.id))];
        return (await changes.attempt({ compare, success: insertionSteps(keys, stored) })) !== undefined;
      };
      return countDone(await inParallel(grants.map(fromPortable), importOne));
    },
    async importRecords(kind, records) {
      begin('import_records');
      const importOne = async (record: (typeof records)[number]): Promise<boolean> => {
        const compare = [isAbsent(keys.records(kind).key(record.id))];
        return (await changes.attempt({ compare, success: recordSteps(keys, kind, undefined, record) })) !== undefined;
      };
      return countDone(await inParallel(records, importOne));
    },
    async retire() {
      begin('retire');
      await connection.txn({ compare: [isAbsent(keys.retired)], success: [put(keys.retired)], failure: [] });
    },
    async reinstate() {
      begin('reinstate');
      await connection.txn({ compare: [], success: [remove(keys.retired)], failure: [] });
    },
  };
}
