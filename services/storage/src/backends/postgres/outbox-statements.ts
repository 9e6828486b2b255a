import type { SecurityEvent } from '@tessera/contracts';
import { LANES } from '../../rules/lanes.ts';
import { laneSql } from './event-sql.ts';
import { type ItemColumn, moment, type Statement, selectItems } from './statement.ts';

/** Columns of events to append. */
export const appendedColumns: readonly ItemColumn<SecurityEvent>[] = [
  { name: 'id', type: 'uuid', of: ({ id }) => id },
  { name: 'type', type: 'text', of: ({ type }) => type },
  { name: 'key', type: 'text', of: ({ key }) => key },
  { name: 'time', type: 'timestamptz', of: ({ time }) => moment(time) },
  { name: 'data', type: 'text', of: ({ data }) => data },
];

/** Columns of events to park. */
export const parkedColumns: readonly ItemColumn<{ readonly position: string; readonly reason: string }>[] = [
  { name: 'position', type: 'bigint', of: ({ position }) => position },
  { name: 'reason', type: 'text', of: ({ reason }) => reason },
];

/** Appends events in their order, but for those whose id waits already. */
export const APPEND_EVENTS: Statement = {
  name: 'append_events',
  text: `
INSERT INTO tessera_outbox (id, type, key, lane, time, data)
SELECT id, type, key, ${laneSql('key')}, time, data FROM (${selectItems(appendedColumns)}) item ORDER BY ordinal
ON CONFLICT (id) DO NOTHING`,
};

const EVENT_COLUMNS = 'o.position, o.id, o.type, o.key, o.time, o.data';

/** The $2 oldest events of the lanes $1 behind position $3, found in each lane's part of the index before any row is read. */
export const READ_EVENTS: Statement = {
  name: 'read_events',
  text: `
SELECT ${EVENT_COLUMNS} FROM (
  SELECT w.position FROM unnest($1::smallint[]) AS lanes(lane) CROSS JOIN LATERAL (
    SELECT position FROM tessera_outbox WHERE lane = lanes.lane AND parked_at IS NULL AND position > $3::bigint
    ORDER BY position LIMIT $2::integer
  ) w ORDER BY w.position LIMIT $2::integer
) oldest JOIN tessera_outbox o ON o.position = oldest.position
ORDER BY o.position`,
};

/** Removes events by their positions. */
export const REMOVE_EVENTS: Statement = {
  name: 'remove_events',
  text: 'DELETE FROM tessera_outbox WHERE position = ANY($1::bigint[])',
};

/** Keeps events aside; what was said of one before stays. A condition for that would take another index. */
export const PARK_EVENTS: Statement = {
  name: 'park_events',
  text: `
UPDATE tessera_outbox o SET parked_at = coalesce(o.parked_at, $3::timestamptz),
  parked_reason = coalesce(o.parked_reason, item.reason)
FROM (${selectItems(parkedColumns)}) item WHERE o.position = item.position`,
};

/** Lists parked events behind position $1, at most $2. */
export const LIST_PARKED_EVENTS: Statement = {
  name: 'list_parked_events',
  text: `
SELECT ${EVENT_COLUMNS}, o.parked_at, o.parked_reason FROM tessera_outbox o
WHERE o.parked_at IS NOT NULL AND o.position > $1::bigint ORDER BY o.position LIMIT $2::integer`,
};

const unparked = (condition: string): string => `
WITH unparked AS (
  UPDATE tessera_outbox SET parked_at = NULL, parked_reason = NULL
  WHERE parked_at IS NOT NULL${condition} RETURNING position
)
SELECT count(*)::integer AS unparked FROM unparked`;

/** Puts parked events back by their positions. */
export const UNPARK_EVENTS: Statement = {
  name: 'unpark_events',
  text: unparked(' AND position = ANY($1::bigint[])'),
};

/** Puts all parked events back. */
export const UNPARK_ALL_EVENTS: Statement = { name: 'unpark_events', variant: 'all', text: unparked('') };

/** Counts what waits, $1 at most, and says when the oldest of it happened: of those counted and of each lane's first. */
export const BACKLOG: Statement = {
  name: 'backlog',
  text: `
SELECT waiting.count AS waiting, least(waiting.oldest_at, heads.oldest_at) AS oldest_at, parked.count AS parked
FROM (
  SELECT count(*)::integer, min(time) AS oldest_at
  FROM (SELECT time FROM tessera_outbox WHERE parked_at IS NULL LIMIT $1::integer) counted
) waiting, (
  SELECT min(first.time) AS oldest_at FROM generate_series(0, ${LANES - 1}) AS lanes(lane) CROSS JOIN LATERAL (
    SELECT time FROM tessera_outbox WHERE lane = lanes.lane AND parked_at IS NULL ORDER BY position LIMIT 1
  ) first
) heads, (
  SELECT count(*)::integer FROM (SELECT FROM tessera_outbox WHERE parked_at IS NOT NULL LIMIT $1::integer) counted
) parked`,
};
