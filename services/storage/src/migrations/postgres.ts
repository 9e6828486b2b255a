import type { Migration } from './migration.ts';

/**
 * The schema on PostgreSQL. Names begin with `tessera_`, so that a database can be shared. Rotating a token touches no
 * indexed column and pages have room left, so that it stays a heap-only update.
 */
export const postgresMigrations: readonly Migration[] = [
  {
    version: 1,
    name: 'initial',
    sql: `
CREATE TABLE tessera_grants (
  id uuid PRIMARY KEY,
  code_hash bytea NOT NULL UNIQUE,
  client_id text NOT NULL,
  is_refreshable boolean NOT NULL,
  refreshes_upstream boolean NOT NULL,
  terms text NOT NULL,
  identity text NOT NULL,
  connector_data bytea NOT NULL,
  user_email text,
  user_id text,
  generation bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  rotated_at timestamptz,
  attempt_id text,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_reason text
) WITH (fillfactor = 80);
CREATE INDEX tessera_grants_end ON tessera_grants (coalesce(expires_at, revoked_at));

CREATE TABLE tessera_users (
  email text PRIMARY KEY,
  user_id text NOT NULL,
  identity text NOT NULL,
  password_hash text NOT NULL,
  is_enabled boolean NOT NULL
);

CREATE TABLE tessera_clients (
  id text PRIMARY KEY,
  record text NOT NULL
);

CREATE TABLE tessera_revisions (
  name text PRIMARY KEY,
  value bigint NOT NULL
);
INSERT INTO tessera_revisions (name, value) VALUES ('clients', 0);

CREATE TABLE tessera_key_sets (
  name text PRIMARY KEY,
  version bigint NOT NULL,
  payload bytea NOT NULL
);
`,
  },
];
