import { silentLogger } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { durableConformance } from '../../conformance/durable.ts';
import type { Migration } from '../../migrations/migration.ts';
import { postgresMigrations } from '../../migrations/postgres.ts';
import { migratePostgres } from './migrate.ts';
import { openPool } from './pool.ts';
import { openPostgresSchema } from './store-schema.ts';
import { CREATED_AT, sampleNewGrant, startTestServer, type TestServer } from './test-server.ts';

let rig: TestServer;
beforeAll(async () => {
  rig = await startTestServer();
}, 60_000);
afterAll(() => rig?.server.close(), 30_000);

/** The step after the newest one. */
function nextMigration(overrides: Partial<Migration> = {}): Migration {
  return {
    version: postgresMigrations.length + 1,
    name: 'later',
    compatibleWith: 1,
    sql: `
      ALTER TABLE tessera_grants ADD COLUMN note text;
      CREATE INDEX tessera_grants_by_note ON tessera_grants (note);
      CREATE TABLE tessera_later (id uuid PRIMARY KEY);`,
    ...overrides,
  };
}

async function migrate(database: string, migrations: readonly Migration[]): Promise<void> {
  const pool = openPool({ config: rig.config(database), logger: silentLogger });
  try {
    await migratePostgres(pool, migrations);
  } finally {
    await pool.close();
  }
}

/** Why a store does not open a database. */
async function refusal(database: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const store = rig.open(database, { logger: { ...silentLogger, warn: resolve } });
  const { err } = (await promise) as { readonly err: Error };
  await expect(store.revisions()).rejects.toMatchObject({ kind: 'unavailable', code: 'storage.unavailable' });
  await store.close();
  return err.message;
}

async function accepts(database: string): Promise<boolean> {
  const store = rig.open(database);
  await store.ready();
  const [grant] = await store.insertGrants([sampleNewGrant()], CREATED_AT);
  await store.close();
  return grant !== undefined;
}

test('the schema says which steps are missing, which it applied, and what was changed by hand; a look changes nothing', async () => {
  const fresh = await rig.server.createDatabase();
  const schema = openPostgresSchema({ config: rig.config(fresh), logger: silentLogger });
  const steps = postgresMigrations.map(({ version, name }) => expect.objectContaining({ version, name }));
  expect(await schema.check()).toEqual({ applied: 0, pending: steps });
  expect(await schema.check()).toEqual({ applied: 0, pending: steps });
  expect(await schema.migrate()).toEqual(steps);
  expect(await schema.migrate()).toEqual([]);
  expect(await schema.check()).toEqual({ applied: steps.length, pending: [] });
  const pool = openPool({ config: rig.config(fresh), logger: silentLogger });
  await pool.withClient((client) => client.query('ALTER TABLE tessera_grants DROP COLUMN terms'));
  await pool.close();
  const refusal = {
    code: 'storage.cannot_open',
    message: expect.stringContaining('column tessera_grants.terms is missing'),
  };
  await expect(schema.check()).rejects.toMatchObject(refusal);
  await expect(schema.migrate()).rejects.toMatchObject(refusal);
  await schema.close();
  const gone = openPostgresSchema({ config: rig.config('nowhere'), logger: silentLogger });
  await expect(gone.check()).rejects.toMatchObject({ kind: 'unavailable' });
  await gone.close();
});

test('replicas that start together migrate once', async () => {
  const fresh = await rig.server.createDatabase();
  const stores = Array.from({ length: 4 }, () => rig.open(fresh));
  await Promise.all(stores.map((store) => store.ready()));
  const all = await Promise.all(stores.map((store) => store.revisions()));
  expect(all).toEqual(stores.map(() => ({ client: 0, connector: 0, key_set: 0 })));
  await Promise.all(stores.map((store) => store.close()));
  const rows = await rig.rows(fresh, 'SELECT version, compatible_with FROM tessera_schema_migrations');
  expect(rows).toEqual([{ version: 1, compatible_with: 1 }]);
});

test.each([
  ['ALTER TABLE tessera_grants DROP COLUMN attempt_id', 'column tessera_grants.attempt_id is missing'],
  [
    'ALTER TABLE tessera_records ALTER COLUMN body TYPE varchar(90)',
    'tessera_records.body is character varying(90) not null instead of text not null',
  ],
  [
    'ALTER TABLE tessera_records ALTER COLUMN body DROP NOT NULL',
    'column tessera_records.body is text instead of text not null',
  ],
  ['ALTER TABLE tessera_outbox ADD COLUMN extra text', 'column tessera_outbox.extra was added'],
  [
    'ALTER TABLE tessera_outbox ALTER COLUMN position DROP IDENTITY',
    'tessera_outbox.position is bigint not null instead of bigint not null identity',
  ],
  ['DROP INDEX tessera_grants_by_end', 'index tessera_grants_by_end on tessera_grants is missing'],
  [
    'DROP INDEX tessera_grants_by_end; CREATE INDEX tessera_grants_by_end ON tessera_grants (created_at)',
    'index tessera_grants_by_end on tessera_grants is "btree (created_at)" instead of "btree (ends_at)"',
  ],
  ['CREATE UNIQUE INDEX mine ON tessera_grants (client_id)', 'unique index mine on tessera_grants was added'],
  ['DROP TABLE tessera_revisions', 'table tessera_revisions is missing'],
  [
    'DROP FUNCTION tessera_tell_revocation',
    'function tessera_tell_revocation(event_id uuid, grant_id uuid, reason text',
  ],
])('a schema changed by hand is refused with the reason: %s', async (sql, reason) => {
  const fresh = await rig.freshDatabase();
  await rig.rows(fresh, sql);
  const message = await refusal(fresh);
  expect(message).toContain('its schema is not as the migrations left it: ');
  expect(message).toContain(reason);
});

test('a further plain index and a table of somebody else are accepted', async () => {
  const fresh = await rig.freshDatabase();
  await rig.rows(fresh, 'CREATE INDEX mine ON tessera_grants (created_at); CREATE TABLE tessera_copy (id int)');
  expect(await accepts(fresh)).toBe(true);
});

test('a step that this version knows otherwise is refused', async () => {
  const fresh = await rig.freshDatabase();
  await rig.rows(fresh, "UPDATE tessera_schema_migrations SET checksum = 'x'");
  expect(await refusal(fresh)).toContain('migration 1 (initial) differs');
});

test('a newer schema that older code does not work on is refused', async () => {
  const fresh = await rig.freshDatabase();
  await migrate(fresh, [...postgresMigrations, nextMigration({ compatibleWith: postgresMigrations.length + 1 })]);
  expect(await refusal(fresh)).toContain('(later) of a newer version of Tessera');
});

test('a step that fails takes those before it back, and nothing is left half-way', async () => {
  const fresh = await rig.freshDatabase();
  const broken = nextMigration({ version: 3, name: 'broken', sql: 'CREATE TABLE tessera_half (id int); SELECT 1/0' });
  await expect(migrate(fresh, [...postgresMigrations, nextMigration(), broken])).rejects.toThrow('division by zero');
  const rows = await rig.rows(fresh, 'SELECT version FROM tessera_schema_migrations WHERE version > 1');
  expect(rows).toEqual([]);
  expect(
    await rig.rows(fresh, "SELECT to_regclass('tessera_later') AS later, to_regclass('tessera_half') AS half"),
  ).toEqual([{ later: null, half: null }]);
  expect(await accepts(fresh)).toBe(true);
});

test('a step that waits for a table in use gives way before it holds up traffic', async () => {
  const fresh = await rig.freshDatabase();
  await rig.withClient(fresh, async (client) => {
    await client.query('BEGIN; LOCK TABLE tessera_grants IN ROW EXCLUSIVE MODE');
    await expect(migrate(fresh, [...postgresMigrations, nextMigration()])).rejects.toThrow('lock timeout');
    await client.query('COMMIT');
  });
  await migrate(fresh, [...postgresMigrations, nextMigration()]);
  expect(await rig.rows(fresh, 'SELECT max(version) AS version FROM tessera_schema_migrations')).toEqual([
    { version: 2 },
  ]);
});

test('a role that may not create tables starts on a schema that is current', async () => {
  const fresh = await rig.freshDatabase();
  await rig.rows(
    fresh,
    `CREATE ROLE plain LOGIN PASSWORD 'plain';
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plain`,
  );
  const store = rig.open(fresh, { config: rig.config(fresh, { user: 'plain', password: 'plain' }) });
  await store.ready();
  expect(await store.insertGrants([sampleNewGrant()], CREATED_AT)).toHaveLength(1);
  await store.close();
});

test('replicas that start while another migrates wait for it', async () => {
  const fresh = await rig.server.createDatabase();
  await rig.withClient(fresh, async (client) => {
    await client.query('BEGIN; SELECT pg_advisory_xact_lock(7355608001)');
    const store = rig.open(fresh);
    const waits = "SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()";
    await waitFor(async () => (await rig.rows(fresh, waits)).length > 0, { what: 'the store to wait for its turn' });
    await expect(store.revisions()).rejects.toMatchObject({ code: 'storage.unavailable' });
    await client.query('COMMIT');
    await store.ready();
    await store.close();
  });
});

describe('rolling upgrade: this code on a newer schema that is compatible', () => {
  let database = '';
  beforeAll(async () => {
    database = await rig.freshDatabase();
    await migrate(database, [...postgresMigrations, nextMigration()]);
  });
  durableConformance('PostgreSQL with a later schema', {
    open: async ({ onStatement, hasOutbox }) => rig.open(database, { onStatement, hasOutbox }),
    isPersistent: true,
  });
});
