import type { Migration } from './migration.ts';

/**
 * The schema on PostgreSQL. Names begin with `tessera_`, so that a database can be shared. Texts that are compared are
 * compared by their bytes. Rotating a token changes no indexed column and pages have room left, so that it stays a heap-only
 * update; `is_revoked` stands in the indexes so that revoking many grants never passes over those it has done already.
 */
export const postgresMigrations: readonly Migration[] = [
  {
    version: 1,
    name: 'initial',
    compatibleWith: 1,
    sql: `
CREATE TABLE tessera_grants (
  id uuid PRIMARY KEY,
  code_hash bytea NOT NULL UNIQUE,
  subject text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  connector_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C",
  user_email text COLLATE "C",
  is_refreshable boolean NOT NULL,
  refreshes_upstream boolean NOT NULL,
  terms text NOT NULL,
  identity text NOT NULL,
  connector_data bytea NOT NULL,
  generation bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  rotated_at timestamptz,
  attempt_id text,
  expires_at timestamptz,
  ends_at timestamptz,
  revoked_at timestamptz,
  revoked_reason text,
  revoked_by uuid,
  is_revoked boolean NOT NULL GENERATED ALWAYS AS (revoked_at IS NOT NULL) STORED
) WITH (fillfactor = 80);
CREATE INDEX tessera_grants_by_subject ON tessera_grants (subject, is_revoked, id);
CREATE INDEX tessera_grants_by_client ON tessera_grants (client_id, is_revoked, id);
CREATE INDEX tessera_grants_by_connector ON tessera_grants (connector_id, is_revoked, id);
CREATE INDEX tessera_grants_by_session ON tessera_grants (session_id, is_revoked, id) WHERE session_id IS NOT NULL;
CREATE INDEX tessera_grants_by_end ON tessera_grants (ends_at);

CREATE TABLE tessera_records (
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  body text NOT NULL,
  owner text COLLATE "C",
  expires_at timestamptz,
  PRIMARY KEY (kind, id)
);
CREATE INDEX tessera_records_by_owner ON tessera_records (kind, owner, id) WHERE owner IS NOT NULL;
CREATE INDEX tessera_records_by_expiry ON tessera_records (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE tessera_revisions (
  name text COLLATE "C" PRIMARY KEY,
  value bigint NOT NULL
);

CREATE TABLE tessera_outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  type text NOT NULL,
  key text NOT NULL,
  lane smallint NOT NULL,
  time timestamptz NOT NULL,
  data text NOT NULL,
  parked_at timestamptz,
  parked_reason text
);
CREATE INDEX tessera_outbox_waiting ON tessera_outbox (lane, position) WHERE parked_at IS NULL;
CREATE INDEX tessera_outbox_parked ON tessera_outbox (position) WHERE parked_at IS NOT NULL;

CREATE FUNCTION tessera_tell_revocation(event_id uuid, grant_id uuid, reason text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $function$
BEGIN
  INSERT INTO tessera_outbox (id, type, key, lane, time, data)
  SELECT event_id,
    CASE reason WHEN 'code_replayed' THEN 'code.replayed' WHEN 'reused' THEN 'refresh_token.reused'
      ELSE 'grant.revoked' END,
    g.subject, get_byte(sha256(convert_to(g.subject, 'UTF8')), 0) % 16, at,
    json_strip_nulls(json_build_object('grantId', g.id, 'clientId', g.client_id, 'connectorId', g.connector_id,
      'reason', reason, 'sessionId', g.session_id))::text
  FROM tessera_grants g WHERE g.id = grant_id
  ON CONFLICT (id) DO NOTHING;
  RETURN found;
END $function$;
`,
  },
];
