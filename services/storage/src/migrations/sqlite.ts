import type { Migration } from './migration.ts';

/** The schema on SQLite. Moments are milliseconds since the epoch, booleans 0 and 1. */
export const sqliteMigrations: readonly Migration[] = [
  {
    version: 1,
    name: 'initial',
    sql: `
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  code_hash BLOB NOT NULL UNIQUE,
  terms TEXT NOT NULL,
  identity TEXT NOT NULL,
  connector_data BLOB NOT NULL,
  user_email TEXT,
  generation INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  rotated_at INTEGER,
  attempt_id TEXT,
  expires_at INTEGER,
  revoked_at INTEGER,
  revoked_reason TEXT
) STRICT;
CREATE INDEX grants_end ON grants (coalesce(expires_at, revoked_at));

CREATE TABLE users (
  email TEXT PRIMARY KEY,
  identity TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  is_enabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO revisions (name, value) VALUES ('clients', 0);

CREATE TABLE key_sets (
  name TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  payload BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`,
  },
];
