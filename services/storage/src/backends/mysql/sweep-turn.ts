import type { MysqlDatabase } from './database.ts';
import type { Repeated } from './statement.ts';

/** A lock of the server, not the database's. */
const LOCK_NAME = "CONCAT('tessera.', MD5(DATABASE()), '.sweep')";

/** Deletes, unless another replica is at it; says how many rows. Three round trips. */
export function deleteInTurn(database: MysqlDatabase, name: string, { sql, values }: Repeated): Promise<number> {
  return database.read(name, async (session) => {
    const [turn] = await session.rows<{ readonly is_ours: number | null }>(
      `SELECT GET_LOCK(${LOCK_NAME}, 0) AS is_ours`,
    );
    if (turn?.is_ours !== 1) return 0;
    try {
      return await session.change(sql, values);
    } finally {
      await session.rows(`SELECT RELEASE_LOCK(${LOCK_NAME})`);
    }
  });
}
