import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cluster, startCluster } from '@tessera/cli';
import { machineFacts } from '../../machine.ts';
import { measureMemoryLatencyNs } from '../../memory-latency.ts';
import { readDurability } from '../durability.ts';
import { readHugePages } from './grants.ts';
import { createRotationBench, type RotationRun, totalCost } from './measure-rotations.ts';
import { countCheckpoints, type Settling, settleAfterCheckpoint, settleAgain } from './settle.ts';
import { describeLog, perSecond, renderStorageReport, type SizeRuns } from './storage-report.ts';
import { openTablesOfGrants } from './tables-of-grants.ts';

const RESULTS = fileURLToPath(new URL('../../../results', import.meta.url));

/**
 * The same for every size: a cache that holds all tables and their indexes by id, and checkpoints when the benchmark asks. One
 * comes by itself after about half of `max_wal_size`, too; ten million grants log 8 GB until they have settled.
 */
const POSTGRES_SETTINGS = {
  shared_buffers: '11GB',
  max_wal_size: '24GB',
  checkpoint_timeout: '1h',
} as const;
const MEBIBYTE = 2 ** 20;

interface Options {
  readonly grants: readonly number[];
  readonly callers: readonly number[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly rounds: number;
}

/**
 * `storage`: callers rotate refresh tokens through the storage service in a closed loop, with tables of several sizes in
 * turns. Resolves with 1 when any answer was no rotation.
 */
export async function storageScenario(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const [near, far] = [measureMemoryLatencyNs(MEBIBYTE), measureMemoryLatencyNs(1024 * MEBIBYTE)];
  await using cluster = await startCluster({ postgres: { fsync: true, settings: POSTGRES_SETTINGS } });
  const durability = await readDurability(cluster.postgres, 'tessera');
  const pages = await readHugePages(cluster.postgres.url('tessera'));
  const { sizes, checkpoints } = await measureAll(cluster, options);
  const report = renderStorageReport(sizes, {
    callers: options.callers,
    command: `npm run bench -- storage${args.map((arg) => ` ${arg}`).join('')}`,
    facts: [
      ...machineFacts(),
      `Memory: a read that depends on the one before takes ${near.toFixed(0)} ns anywhere in 1 MiB, ${far.toFixed(0)} ns anywhere in 1 GiB`,
      'One storage process, one PostgreSQL, mutual TLS between; the callers are the client code of the token service in one process, and counted',
      `Each caller rotates a grant chosen at random, in a closed loop; the sizes in turns, each measured for ${options.seconds} s after ${options.warmUpSeconds} s, ${options.rounds} rounds; medians`,
      `Measured between two checkpoints: after the last one, grants are rotated until fewer than one rotation in a hundred is the first change of its page; checkpoints that began in spite of that: ${checkpoints}`,
      `PostgreSQL: ${durability.join(', ')}, huge_pages_status = ${pages}, ${Object.entries(POSTGRES_SETTINGS)
        .map(([name, value]) => `${name} = ${value}`)
        .join(', ')}; grants of about 700 bytes, read once into the cache before they are measured`,
    ],
  });
  process.stdout.write(report);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'storage.md'), report);
  const runs = sizes.flatMap((size) => size.runs);
  for (const { result, grants, callers } of runs) {
    if (result.errors > 0)
      process.stderr.write(`${grants}, ${callers}: ${result.errors} errors: ${result.samples.join('; ')}\n`);
  }
  return runs.every(({ result }) => result.errors === 0 && result.operations > 0) ? 0 : 1;
}

interface Measured {
  readonly sizes: readonly SizeRuns[];
  /** That came during the rounds. */
  readonly checkpoints: number;
}

async function measureAll(cluster: Cluster, options: Options): Promise<Measured> {
  await using bench = await createRotationBench(cluster);
  await using tables = await openTablesOfGrants(cluster.postgres.url('tessera'));
  const url = cluster.postgres.url('tessera');
  const callers = Math.max(...options.callers);
  const settlings = new Map<number, Settling>();
  const runs: RotationRun[] = [];
  for (const grants of options.grants) {
    process.stderr.write(`making a table of ${grants} grants\n`);
    const size = await tables.make(grants);
    process.stderr.write(`${grants} grants are ${size}, all of it in the cache\n`);
    const settling = await settleAfterCheckpoint(bench, url, { grants, callers });
    process.stderr.write(`${grants} grants settled after ${settling.seconds} s: ${describeLog(settling.settled)}\n`);
    settlings.set(grants, settling);
  }
  for (const grants of options.grants.slice(0, -1)) {
    await tables.use(grants);
    await settleAgain(bench, url, { grants, callers });
  }
  const before = await countCheckpoints(url);
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const count of options.callers) {
      for (const grants of options.grants) {
        await tables.use(grants);
        const run = await bench.measure(grants, count, options);
        const cost = (totalCost(run) * 1000).toFixed(0);
        process.stderr.write(
          `round ${round}, ${grants} grants, ${count} callers: ${perSecond(run).toFixed(0)}/s, ${cost} µs\n`,
        );
        runs.push(run);
      }
    }
  }
  const sizes = [...settlings].map(([grants, settling]) => ({
    grants,
    settling,
    runs: runs.filter((run) => run.grants === grants),
  }));
  return { sizes, checkpoints: (await countCheckpoints(url)) - before };
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      grants: { type: 'string', default: '1000,1000000,10000000' },
      callers: { type: 'string', default: '1,32,256' },
      seconds: { type: 'string', default: '10' },
      'warm-up': { type: 'string', default: '4' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const numbers = (text: string): number[] => text.split(',').map(Number);
  const options = {
    grants: numbers(values.grants),
    callers: numbers(values.callers),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values['warm-up']),
    rounds: Number(values.rounds),
  };
  const all = [...options.grants, ...options.callers, options.seconds, options.warmUpSeconds, options.rounds];
  if (!all.every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new Error(
      '--grants, --callers, --seconds, --warm-up and --rounds take whole numbers, the first two several with commas',
    );
  }
  return { ...options, grants: [...new Set(options.grants)].sort((left, right) => left - right) };
}
