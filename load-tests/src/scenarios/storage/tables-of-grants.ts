import { Client } from 'pg';
import { fillGrants, warmGrants } from './grants.ts';

/** Tables of grants of several sizes in one database, one of which is the one that storage works on. */
export interface TablesOfGrants extends AsyncDisposable {
  /** Makes a table of that many grants, reads all of it into the cache, and puts it in use. Gives its size in words. */
  make(grants: number): Promise<string>;
  /** Puts a table that was made in use. Nobody may be at work. */
  use(grants: number): Promise<void>;
}

/**
 * The table that a migrated database has, and others like it. Storage does not notice which of them has the name it knows, so
 * sizes can be measured in turns, by the same processes on the same server.
 */
export async function openTablesOfGrants(url: string): Promise<TablesOfGrants> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const parked = (grants: number): string => `tessera_grants_of_${grants}`;
  let inUse = 0;
  const use = async (grants: number): Promise<void> => {
    if (grants === inUse) return;
    await client.query(`BEGIN;
      ALTER TABLE tessera_grants RENAME TO ${parked(inUse)};
      ALTER TABLE ${parked(grants)} RENAME TO tessera_grants;
      COMMIT`);
    inUse = grants;
  };
  return {
    async make(grants) {
      const { rows } = await client.query<{ readonly options: string }>(
        "SELECT array_to_string(reloptions, ', ') AS options FROM pg_class WHERE oid = 'tessera_grants'::regclass",
      );
      await client.query(
        `CREATE TABLE ${parked(grants)} (LIKE tessera_grants INCLUDING ALL) WITH (${rows[0]?.options})`,
      );
      await use(grants);
      await fillGrants(url, grants);
      return warmGrants(url);
    },
    use,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
