import type { PostgresDatabase } from './database.ts';
import { moment, onlyRow, type Statement } from './statement.ts';

/** Before every moment there is. */
const THE_BEGINNING = '-infinity';

interface BatchRow {
  readonly deleted: number;
  /** As text, since a `Date` has no microseconds; null when nothing was met. */
  readonly reached: string | null;
}

/**
 * Deletes what ended, batch after batch. A full batch is followed by one that begins where it stopped: otherwise each would
 * pass over the index entries of all before it, which a vacuum cannot take away while a backup or another long transaction
 * still sees them. The first batch that is not full begins anew, and comes to what was locked by others meanwhile.
 *
 * @param statement takes the moment before which it deletes, the limit, `lockKey` and where it begins.
 * @param lockKey of the advisory lock that lets one replica delete at a time.
 */
export function createDeletionInBatches(database: PostgresDatabase, statement: Statement, lockKey: number) {
  let start = THE_BEGINNING;
  return async (before: Date, limit: number): Promise<number> => {
    const values = [moment(before), limit, lockKey, start];
    const { deleted, reached } = onlyRow(await database.query<BatchRow>(statement, values));
    start = deleted < limit ? THE_BEGINNING : (reached ?? THE_BEGINNING);
    return deleted;
  };
}
