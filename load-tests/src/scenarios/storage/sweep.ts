import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cluster, startCluster } from '@tessera/cli';
import { Client } from 'pg';
import { machineFacts } from '../../machine.ts';
import { median, table } from '../../report.ts';
import { readDurability } from '../durability.ts';
import { fillGrants } from './grants.ts';
import { createRotationBench, type RotationRun, totalCost } from './measure-rotations.ts';
import { perSecond } from './storage-report.ts';

const RESULTS = fileURLToPath(new URL('../../../results', import.meta.url));
const DATABASE = 'tessera';
/** How long ended grants are kept: `services/storage/README.md`. */
const RETENTION_MS = 86_400_000;
const WINDOW = { seconds: 10, warmUpSeconds: 0 } as const;
/** Windows that are measured when all are gone. */
const WINDOWS_AFTER = 2;

interface Options {
  readonly ended: number;
  readonly live: number;
  readonly callers: number;
  /** When the ended grants may be removed, counted from the start. */
  readonly lead: number;
  /** Longest that it may take. */
  readonly bar: number;
}

/** A window, and how many grants had been removed at its end. */
interface Window {
  readonly run: RotationRun;
  readonly removed: number;
  readonly endedMs: number;
}

/**
 * `sweep`: callers rotate refresh tokens in a closed loop, which keeps every core busy, while grants that ended are removed
 * beside them. Resolves with 1 when any answer was no rotation, or it took longer than it may.
 */
export async function sweepScenario(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const { ended, live, callers, lead, bar } = options;
  await using cluster = await startCluster({ postgres: { fsync: true } });
  const durability = await readDurability(cluster.postgres, DATABASE);
  const windows = await measureAll(cluster, options);
  const [before, during, after] = phasesOf(windows, ended);
  if (before.length === 0) throw new Error('the first were removed before anything was measured: --lead is too short');
  const seconds = sweepSeconds(before, during);
  const isGone = (windows.at(-1)?.removed ?? 0) >= ended;
  const isMet = isGone && seconds <= bar;
  const phases = [before, during, after].map((phase) => phase.map(({ run }) => run));
  const row = (name: string, value: (run: RotationRun) => number, digits: number): readonly string[] => [
    name,
    ...phases.map((runs) => (runs.length === 0 ? '–' : median(runs.map(value)).toFixed(digits))),
  ];
  const errors = windows.reduce((sum, { run }) => sum + run.result.errors, 0);
  const report = [
    '# Removing grants that ended while others are rotated',
    '',
    `    npm run bench -- sweep${args.map((arg) => ` ${arg}`).join('')}`,
    '',
    ...machineFacts().map((fact) => `- ${fact}`),
    `- ${callers} callers rotate ${live.toLocaleString('en')} grants in a closed loop all the time; windows of ${WINDOW.seconds} s, medians`,
    `- ${ended.toLocaleString('en')} grants may be removed from ${lead} s after the start on; one storage process, which sweeps by itself`,
    `- PostgreSQL: ${durability.join(', ')}`,
    '',
    ...table(
      ['', 'before', 'while they are removed', 'after'],
      [
        row('rotations/s', perSecond, 0),
        row('p50 latency, ms', ({ result }) => result.p50Ms, 1),
        row('p99 latency, ms', ({ result }) => result.p99Ms, 1),
        row('CPU of all tiers for one rotation, µs', (run) => totalCost(run) * 1000, 0),
        ['windows', ...phases.map((runs) => String(runs.length))],
      ],
    ),
    '',
    `All ${ended.toLocaleString('en')} gone: ${isGone ? `after ${seconds.toFixed(0)} s` : 'no'} (bar ${bar} s: ${isMet ? 'met' : 'missed'}). Rotations that failed: ${errors}.`,
    '',
  ].join('\n');
  process.stdout.write(report);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'sweep.md'), report);
  return isMet && errors === 0 ? 0 : 1;
}

async function measureAll(cluster: Cluster, { ended, live, callers, lead, bar }: Options): Promise<readonly Window[]> {
  const url = cluster.postgres.url(DATABASE);
  const dueMs = performance.now() + lead * 1000;
  const endsAt = new Date(Date.now() + lead * 1000 - RETENTION_MS);
  await fillGrants(url, live, { count: ended, endsAt });
  if (performance.now() > dueMs) throw new Error('filling took longer than --lead seconds');
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await using bench = await createRotationBench(cluster);
    const windows: Window[] = [];
    // It begins within a minute, and a window is a whole one.
    const latestMs = dueMs + (60 + bar) * 1000 + WINDOW.seconds * 1000;
    for (let left = WINDOWS_AFTER + 1; left > 0 && performance.now() < latestMs; ) {
      const run = await bench.measure(live, callers, WINDOW);
      const removed = await countRemoved(client);
      windows.push({ run, removed, endedMs: performance.now() });
      process.stderr.write(
        `${removed} removed, ${perSecond(run).toFixed(0)} rotations/s, p99 ${run.result.p99Ms.toFixed(1)} ms\n`,
      );
      if (removed >= ended) left -= 1;
    }
    return windows;
  } finally {
    await client.end();
  }
}

async function countRemoved(client: Client): Promise<number> {
  const { rows } = await client.query<{ readonly removed: string }>(
    "SELECT pg_sleep(1), n_tup_del::text AS removed FROM pg_stat_user_tables WHERE relname = 'tessera_grants'",
  );
  return Number(rows[0]?.removed ?? 0);
}

type Phases = readonly [before: readonly Window[], during: readonly Window[], after: readonly Window[]];

function phasesOf(windows: readonly Window[], ended: number): Phases {
  const first = windows.findIndex(({ removed }) => removed > 0);
  const last = windows.findIndex(({ removed }) => removed >= ended);
  const begin = first === -1 ? windows.length : first;
  const end = last === -1 ? windows.length : last + 1;
  return [windows.slice(0, begin), windows.slice(begin, end), windows.slice(end)];
}

/** From the end of the last window without any to that of the window with the last one: a window too long at most. */
function sweepSeconds(before: readonly Window[], during: readonly Window[]): number {
  return ((during.at(-1)?.endedMs ?? 0) - (before.at(-1)?.endedMs ?? 0)) / 1000;
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ended: { type: 'string', default: '1000000' },
      live: { type: 'string', default: '100000' },
      callers: { type: 'string', default: '32' },
      lead: { type: 'string', default: '150' },
      bar: { type: 'string', default: '600' },
    },
  });
  const options = {
    ended: Number(values.ended),
    live: Number(values.live),
    callers: Number(values.callers),
    lead: Number(values.lead),
    bar: Number(values.bar),
  };
  if (!Object.values(options).every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new Error('--ended, --live, --callers, --lead and --bar take whole numbers');
  }
  return options;
}
