import type { PortableStore } from '../../ports.ts';
import { epochMs, portableGrant } from '../sql/grant-row.ts';
import { RETIRED_MESSAGE, retirementTriggers } from '../sql/retirement.ts';
import type { MysqlDatabase } from './database.ts';
import { type MysqlGrantRow, selectGrants, storedGrant } from './grant-row.ts';
import { insertAbsentGrants } from './grant-writes.ts';
import { countRevisions } from './records.ts';
import { tuples } from './statement.ts';

/**
 * Everything at once, out of MySQL and into it. A retired database holds triggers that refuse every change; making one waits
 * for the transactions that have touched its table. A server with a binary log lets only some users make triggers.
 */
export function createMysqlPortable(database: MysqlDatabase): PortableStore {
  return {
    exportGrants: (limit, after = '') =>
      database.read('export_grants', async (session) => {
        const sql = `${selectGrants('PRIMARY')} WHERE g.id > ? ORDER BY g.id LIMIT ?`;
        const rows = await session.rows<MysqlGrantRow>(sql, [after, limit]);
        return rows.map(storedGrant).map(portableGrant);
      }),
    async importGrants(grants) {
      if (grants.length === 0) return 0;
      return database.write('import_grants', (transaction) => insertAbsentGrants(transaction, grants));
    },
    async importRecords(kind, records) {
      if (records.length === 0) return 0;
      const rows = tuples(
        records.map(({ id, version, body, owner, expiresAt }) => [
          kind,
          id,
          version,
          body,
          owner ?? null,
          epochMs(expiresAt),
        ]),
      );
      return database.write('import_records', async (transaction) => {
        await countRevisions(transaction, [kind], 1);
        return transaction.change(
          `INSERT INTO tessera_records (kind, id, version, body, owner, expires_at) VALUES ${rows.sql}
           ON DUPLICATE KEY UPDATE id = tessera_records.id`,
          rows.values,
        );
      });
    },
    retire: () =>
      database.read('retire', async (session) => {
        const present = await session.rows<{ readonly name: string }>(
          'SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()',
        );
        const names = new Set(present.map(({ name }) => name));
        for (const { name, table, change, condition } of retirementTriggers('tessera_')) {
          if (names.has(name)) continue;
          await session.statement(`
            CREATE TRIGGER ${name} BEFORE ${change} ON ${table}
            FOR EACH ROW IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${RETIRED_MESSAGE}'; END IF`);
        }
      }),
    reinstate: () =>
      database.read('reinstate', async (session) => {
        for (const { name } of retirementTriggers('tessera_')) {
          await session.statement(`DROP TRIGGER IF EXISTS ${name}`);
        }
      }),
  };
}
