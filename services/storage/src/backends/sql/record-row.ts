import type { StoredRecord } from '../../ports.ts';

/** What is read of a record in SQLite and MySQL. Moments are milliseconds since the epoch. */
export interface RecordRow {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly body: string;
  readonly owner: string | null;
  readonly expires_at: number | null;
}

/** What a row says. */
export function recordFromRow({ id, version, body, owner, expires_at: expiresAt }: RecordRow): StoredRecord {
  return {
    id,
    version,
    body,
    ...(owner === null ? {} : { owner }),
    ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt) }),
  };
}
