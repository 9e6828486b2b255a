import { Client } from 'pg';
import type { RotationBench, RotationRun } from './measure-rotations.ts';

/** Share of rotations that may still write a whole page into the log when the measurement begins. */
const SETTLED = 0.01;
const STEP_SECONDS = 10;
const MAX_STEPS = 60;

/** What the log took in during a measurement, and what was read of the cache. */
export interface LoggedRun {
  readonly run: RotationRun;
  /** Whole pages for one rotation. */
  readonly fullPages: number;
  /** Bytes for one rotation. */
  readonly walBytes: number;
  /** How often a rotation looked a page of the table or of an index up. */
  readonly pageLookups: number;
}

/** How the database comes to rest between two checkpoints. */
export interface Settling {
  /** The first seconds after the checkpoint, when a rotation is the first change of its page as often as can be. */
  readonly afterCheckpoint: LoggedRun;
  /** The last seconds before the measurement. */
  readonly settled: LoggedRun;
  readonly seconds: number;
}

interface Counters {
  readonly fullPages: number;
  readonly bytes: number;
  readonly pageLookups: number;
}

/** Which table is rotated in, and by how many. */
export interface SettleOptions {
  readonly grants: number;
  readonly callers: number;
}

/**
 * Rotates after a checkpoint until nearly all pages of the table have been changed once. The first change of a page after
 * a checkpoint writes all of it into the log, whatever the number of grants: with a thousand that is over at once, with ten
 * million it takes minutes of a checkpoint interval, and would be all that a short measurement sees.
 */
export async function settleAfterCheckpoint(
  bench: RotationBench,
  url: string,
  options: SettleOptions,
): Promise<Settling> {
  await using log = await openLog(url);
  await log.client.query('CHECKPOINT');
  const afterCheckpoint = await log.step(bench, options);
  const { settled, steps } = await untilSettled(() => log.step(bench, options));
  return { afterCheckpoint, settled, seconds: (1 + steps) * STEP_SECONDS };
}

/** Rotates until that is so again, where a checkpoint has come since for the sake of another table. */
export async function settleAgain(bench: RotationBench, url: string, options: SettleOptions): Promise<void> {
  await using log = await openLog(url);
  await untilSettled(() => log.step(bench, options));
}

async function untilSettled(step: () => Promise<LoggedRun>): Promise<{ settled: LoggedRun; steps: number }> {
  let settled = await step();
  let steps = 1;
  while (settled.fullPages > SETTLED && steps < MAX_STEPS) {
    settled = await step();
    steps += 1;
  }
  return { settled, steps };
}

interface Log extends AsyncDisposable {
  readonly client: Client;
  step(bench: RotationBench, options: SettleOptions): Promise<LoggedRun>;
}

async function openLog(url: string): Promise<Log> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return {
    client,
    async step(bench, { grants, callers }) {
      const before = await readCounters(client);
      const run = await bench.measure(grants, callers, { seconds: STEP_SECONDS, warmUpSeconds: 0 });
      const after = await readCounters(client);
      const operations = Math.max(1, run.result.operations);
      return {
        run,
        fullPages: (after.fullPages - before.fullPages) / operations,
        walBytes: (after.bytes - before.bytes) / operations,
        pageLookups: (after.pageLookups - before.pageLookups) / operations,
      };
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function readCounters(client: Client): Promise<Counters> {
  // Backends hand their counters in a second after they change at the latest, or when they are idle.
  await client.query('SELECT pg_sleep(1.5), pg_stat_force_next_flush()');
  const { rows } = await client.query<{ readonly fpi: string; readonly bytes: string; readonly lookups: string }>(
    `SELECT wal_fpi::text AS fpi, wal_bytes::text AS bytes,
       (heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::text AS lookups
     FROM pg_stat_wal, pg_statio_user_tables WHERE relname = 'tessera_grants'`,
  );
  const [row] = rows;
  return { fullPages: Number(row?.fpi ?? 0), bytes: Number(row?.bytes ?? 0), pageLookups: Number(row?.lookups ?? 0) };
}

/** Checkpoints that the server has begun, whatever for. */
export async function countCheckpoints(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ readonly count: string }>(
      'SELECT (num_timed + num_requested)::text AS count FROM pg_stat_checkpointer',
    );
    return Number(rows[0]?.count ?? 0);
  } finally {
    await client.end();
  }
}
