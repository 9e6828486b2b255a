import type { DatabaseSync } from 'node:sqlite';
import type { PortableStore } from '../../ports.ts';
import { epochMs, GRANT_COLUMNS, grantValues, portableGrant } from '../sql/grant-row.ts';
import { RETIRED_MESSAGE, retirementTriggers } from '../sql/retirement.ts';
import { selectGrants, storedGrants } from './grants.ts';
import type { Synchronous } from './protocol.ts';
import { createRevisionCounter } from './records.ts';

/** Everything at once, out of SQLite and into it. A retired file holds triggers that refuse every change. */
export function createSqlitePortable(database: DatabaseSync): Synchronous<PortableStore> {
  const page = database.prepare(`${selectGrants()} WHERE g.id > ? ORDER BY g.id LIMIT ?`);
  const insertGrant = database.prepare(`
    INSERT INTO grants (${GRANT_COLUMNS.join(', ')}) VALUES (${GRANT_COLUMNS.map(() => '?').join(', ')})
    ON CONFLICT DO NOTHING`);
  const insertRecord = database.prepare(`
    INSERT INTO records (kind, id, version, body, owner, expires_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const countUp = createRevisionCounter(database);
  return {
    exportGrants: (limit, after = '') => storedGrants(page.all(after, limit)).map(portableGrant),
    importGrants: (grants) =>
      grants.reduce((count, grant) => count + Number(insertGrant.run(...grantValues(grant)).changes), 0),
    importRecords(kind, records) {
      let count = 0;
      for (const { id, version, body, owner, expiresAt } of records) {
        const values = [kind, id, version, body, owner ?? null, epochMs(expiresAt)] as const;
        count += Number(insertRecord.run(...values).changes);
      }
      if (count > 0) countUp(kind);
      return count;
    },
    retire() {
      for (const { name, table, change, condition } of retirementTriggers('')) {
        database.exec(`
          CREATE TRIGGER IF NOT EXISTS ${name} BEFORE ${change} ON ${table} WHEN ${condition}
          BEGIN SELECT RAISE(ABORT, '${RETIRED_MESSAGE}'); END`);
      }
    },
    reinstate() {
      for (const { name } of retirementTriggers('')) database.exec(`DROP TRIGGER IF EXISTS ${name}`);
    },
  };
}
