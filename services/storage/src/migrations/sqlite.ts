import type { Migration } from './migration.ts';

/** The schema on SQLite. Moments are milliseconds since the epoch. Positions in the outbox are never given twice. */
export const sqliteMigrations: readonly Migration[] = [
  {
    version: 1,
    name: 'initial',
    compatibleWith: 1,
    sql: `
CREATE TABLE grants (
  id TEXT PRIMARY KEY,
  code_hash BLOB NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  client_id TEXT NOT NULL,
  connector_id TEXT NOT NULL,
  session_id TEXT,
  user_email TEXT,
  terms TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  identity TEXT NOT NULL,
  connector_data BLOB NOT NULL,
  generation INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  rotated_at INTEGER,
  attempt_id TEXT,
  ends_at INTEGER,
  revoked_at INTEGER,
  revoked_reason TEXT
) STRICT;
CREATE INDEX grants_subject ON grants (subject, id);
CREATE INDEX grants_session_id ON grants (session_id, id) WHERE session_id IS NOT NULL;
CREATE INDEX grants_client_id ON grants (client_id, id);
CREATE INDEX grants_connector_id ON grants (connector_id, id);
CREATE INDEX grants_client_id_standing ON grants (client_id, id) WHERE revoked_at IS NULL;
CREATE INDEX grants_connector_id_standing ON grants (connector_id, id) WHERE revoked_at IS NULL;
CREATE INDEX grants_ends_at ON grants (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE records (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  owner TEXT,
  expires_at INTEGER,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_owner ON records (kind, owner, id) WHERE owner IS NOT NULL;
CREATE INDEX records_expires_at ON records (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE revisions (
  kind TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO revisions (kind, value) VALUES ('client', 0), ('connector', 0), ('key_set', 0);

CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL UNIQUE,
  lane INTEGER NOT NULL,
  type TEXT NOT NULL,
  event_key TEXT NOT NULL,
  time INTEGER NOT NULL,
  data TEXT NOT NULL,
  parked_at INTEGER,
  parked_reason TEXT
) STRICT;
CREATE INDEX outbox_waiting ON outbox (position, lane) WHERE parked_at IS NULL;
CREATE INDEX outbox_parked ON outbox (position) WHERE parked_at IS NOT NULL;
`,
  },
];
