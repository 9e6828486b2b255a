import { createHash } from 'node:crypto';
import { Client } from 'pg';

/** Rows of one statement while filling. */
const CHUNK = 250_000;
const FILLERS = 2;

/** The id of the grant with this number, so that whoever knows the number knows the grant. */
export function grantIdOf(index: number): string {
  const hex = createHash('md5').update(`grant ${index}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The client of all grants. */
export const GRANTS_CLIENT = 'example-app';

const TERMS = JSON.stringify({
  clientId: GRANTS_CLIENT,
  redirectUri: 'https://application.example.org/callback',
  scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
  nonce: 'n-0S6_WzA2MjZ8rPqX7aLk',
  connectorId: 'ldap',
  authTimeMs: 1_780_000_000_000,
  isRefreshable: true,
  refreshesUpstream: false,
});

/** As long as those of real people: three groups, a name, an address. */
const IDENTITY = `json_build_object('userId', 'cn=person ' || i || ',ou=people,dc=example,dc=org', 'username', 'Person ' || i,
  'preferredUsername', 'person' || i, 'email', 'person' || i || '@example.org', 'emailVerified', true,
  'groups', json_build_array('staff', 'engineering', 'on-call'), 'claims', json_build_object())::text`;

const INSERT = `
INSERT INTO tessera_grants (id, code_hash, subject, client_id, connector_id, is_refreshable, refreshes_upstream, terms,
  identity, connector_data, created_at, last_used_at, expires_at, ends_at)
SELECT md5('grant ' || i)::uuid, sha256(convert_to('code ' || i, 'UTF8')), 'subject-of-person-' || (i / 3), '${GRANTS_CLIENT}',
  'ldap', true, false, $3, ${IDENTITY}, '\\x00010203'::bytea, now(), now(), end_of.grant, end_of.grant
FROM generate_series($1::bigint, $2::bigint) AS i,
  LATERAL (SELECT CASE WHEN i < $4 THEN now() + interval '90 days' ELSE $5::timestamptz END AS grant) AS end_of`;

/** Grants that end, beside those that stand for three months. Their numbers come after those. */
export interface EndingGrants {
  readonly count: number;
  readonly endsAt: Date;
}

/**
 * Fills the table of grants, which is empty, with `count` rows, and those of `ending`. Indexes are made anew afterwards, which
 * is many times faster than to fill them row by row, and leaves them as they are after a vacuum.
 */
export async function fillGrants(url: string, count: number, ending?: EndingGrants): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const indexes = await dropIndexes(client);
    await insertAll(url, count, ending);
    await client.query("SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 2");
    for (const statement of indexes) await client.query(statement);
    await client.query('VACUUM (ANALYZE) tessera_grants');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

/**
 * Reads every grant once through the index by its id, so that both are in the cache, as they are in a database that has
 * been at work. Gives the size of both.
 */
export async function warmGrants(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off');
    await client.query("SELECT count(terms) FROM tessera_grants WHERE id >= '00000000-0000-0000-0000-000000000000'");
    const { rows } = await client.query<{ readonly size: string }>(
      "SELECT pg_size_pretty(pg_table_size('tessera_grants') + pg_relation_size('tessera_grants_pkey')) AS size",
    );
    return rows[0]?.size ?? '';
  } finally {
    await client.end();
  }
}

/** Whether the server's cache lies in huge pages; with a cache this large, small ones cost a fault or two for every row. */
export async function readHugePages(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ readonly huge_pages_status: string }>('SHOW huge_pages_status');
    return rows[0]?.huge_pages_status ?? 'unknown';
  } finally {
    await client.end();
  }
}

/** Drops all but the primary key; gives the statements that make them again. */
async function dropIndexes(client: Client): Promise<readonly string[]> {
  const constraints = await client.query<{ readonly name: string; readonly definition: string }>(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conrelid = 'tessera_grants'::regclass AND contype = 'u'`,
  );
  for (const { name } of constraints.rows) await client.query(`ALTER TABLE tessera_grants DROP CONSTRAINT ${name}`);
  const indexes = await client.query<{ readonly name: string; readonly definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = 'tessera_grants'::regclass AND NOT indisprimary`,
  );
  for (const { name } of indexes.rows) await client.query(`DROP INDEX ${name}`);
  return [
    ...indexes.rows.map(({ definition }) => definition),
    ...constraints.rows.map(
      ({ name, definition }) => `ALTER TABLE tessera_grants ADD CONSTRAINT ${name} ${definition}`,
    ),
  ];
}

async function insertAll(url: string, count: number, ending?: EndingGrants): Promise<void> {
  const all = count + (ending?.count ?? 0);
  let begun = 0;
  const filler = async (): Promise<void> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query('SET synchronous_commit = off');
      while (begun < all) {
        const from = begun;
        begun = Math.min(all, from + CHUNK);
        await client.query(INSERT, [from, begun - 1, TERMS, count, ending?.endsAt]);
      }
    } finally {
      await client.end();
    }
  };
  await Promise.all(Array.from({ length: FILLERS }, filler));
}
