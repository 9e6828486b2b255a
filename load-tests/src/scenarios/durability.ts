import type { PostgresServer } from '@tessera/testkit';
import { Client } from 'pg';

const SETTINGS = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method'] as const;

/**
 * The settings on which durable commits depend, as the server itself reports them.
 * Throws Error when a commit would be answered before it is on disk.
 */
export async function readDurability(postgres: PostgresServer, database: string): Promise<readonly string[]> {
  const client = new Client({ connectionString: postgres.url(database) });
  await client.connect();
  try {
    const lines: string[] = [];
    for (const name of SETTINGS) {
      const { rows } = await client.query<Record<string, string>>(`show ${name}`);
      const value = rows[0]?.[name] ?? '';
      const isDurable = !['fsync', 'synchronous_commit', 'full_page_writes'].includes(name) || value === 'on';
      if (!isDurable) throw new Error(`PostgreSQL runs with ${name} = ${value}`);
      lines.push(`${name} = ${value}`);
    }
    return lines;
  } finally {
    await client.end();
  }
}
