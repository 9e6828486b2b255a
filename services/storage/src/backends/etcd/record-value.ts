import type { StoredRecord } from '../../ports.ts';

interface RecordJson {
  readonly version: number;
  readonly body: string;
  readonly owner?: string;
  readonly expiresAtMs?: number;
}

/** A record as JSON; its id is in the key. */
export function recordToJson({ version, body, owner, expiresAt }: StoredRecord): string {
  const json: RecordJson = {
    version,
    body,
    ...(owner === undefined ? {} : { owner }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt.getTime() }),
  };
  return JSON.stringify(json);
}

/** The record of its JSON. */
export function recordFromJson(id: string, value: Buffer): StoredRecord {
  const { version, body, owner, expiresAtMs } = JSON.parse(value.toString('utf8')) as RecordJson;
  return {
    id,
    version,
    body,
    ...(owner === undefined ? {} : { owner }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
  };
}

/** The record, unless it expired. */
export function presentRecord(record: StoredRecord | undefined, now: Date): StoredRecord | undefined {
  return record?.expiresAt !== undefined && record.expiresAt <= now ? undefined : record;
}
