import type { Migration } from './migration.ts';

/**
 * The schema on MySQL and MariaDB, which commit each statement of a schema by itself: every statement may be run again after
 * a crash (IF NOT EXISTS and the like), and ends with a semicolon at the end of its line. Names begin with `tessera_`, so
 * that a database can be shared. Moments are milliseconds since the epoch. What is compared byte by byte (ids, subjects,
 * keys) is VARBINARY: text would lose trailing spaces in comparisons, by rules that MySQL and MariaDB do not share.
 */
export const mysqlMigrations: readonly Migration[] = [
  {
    version: 1,
    name: 'initial',
    compatibleWith: 1,
    sql: `
CREATE TABLE IF NOT EXISTS tessera_grants (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  code_hash BINARY(32) NOT NULL,
  subject VARBINARY(512) NOT NULL,
  client_id VARBINARY(512) NOT NULL,
  connector_id VARBINARY(512) NOT NULL,
  session_id VARBINARY(512),
  user_email VARBINARY(512),
  terms MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  identity MEDIUMTEXT NOT NULL,
  connector_data MEDIUMBLOB NOT NULL,
  generation BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  rotated_at BIGINT,
  attempt_id VARBINARY(512),
  ends_at BIGINT,
  revoked_at BIGINT,
  revoked_reason VARCHAR(255),
  PRIMARY KEY (id),
  UNIQUE KEY code_hash (code_hash),
  KEY subject (subject, id),
  KEY session_id (session_id, id),
  KEY client_id (client_id, id),
  KEY connector_id (connector_id, id),
  KEY client_id_standing (client_id, revoked_at, id),
  KEY connector_id_standing (connector_id, revoked_at, id),
  KEY ends_at (ends_at)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC, DEFAULT CHARACTER SET utf8mb4, COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tessera_records (
  kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id VARBINARY(512) NOT NULL,
  version BIGINT NOT NULL,
  body MEDIUMTEXT NOT NULL,
  owner VARBINARY(512),
  expires_at BIGINT,
  PRIMARY KEY (kind, id),
  KEY owner (kind, owner, id),
  KEY expires_at (expires_at)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC, DEFAULT CHARACTER SET utf8mb4, COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tessera_revisions (
  kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (kind)
) ENGINE = InnoDB, DEFAULT CHARACTER SET utf8mb4, COLLATE utf8mb4_bin;

INSERT IGNORE INTO tessera_revisions (kind, value) VALUES ('client', 0), ('connector', 0), ('key_set', 0);

CREATE TABLE IF NOT EXISTS tessera_outbox (
  position BIGINT NOT NULL AUTO_INCREMENT,
  event_id VARBINARY(64) NOT NULL,
  lane TINYINT NOT NULL,
  type VARCHAR(64) NOT NULL,
  event_key VARBINARY(512) NOT NULL,
  time BIGINT NOT NULL,
  data MEDIUMTEXT NOT NULL,
  parked_at BIGINT,
  parked_reason TEXT,
  PRIMARY KEY (position),
  UNIQUE KEY event_id (event_id),
  KEY waiting (parked_at, position, lane)
) ENGINE = InnoDB, ROW_FORMAT = DYNAMIC, DEFAULT CHARACTER SET utf8mb4, COLLATE utf8mb4_bin;
`,
  },
];
