import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cluster, startCluster } from '@tessera/cli';
import { machineFacts } from '../../machine.ts';
import { table } from '../../report.ts';
import { readDurability } from '../durability.ts';
import { fillGrants, readHugePages, warmGrants } from './grants.ts';
import { createRotationBench, type RotationRun, totalCost } from './measure-rotations.ts';
import { type LoggedRun, type Settling, settle } from './settle.ts';

const RESULTS = fileURLToPath(new URL('../../../results', import.meta.url));

/** The same for every size: a cache that holds ten million grants and the index by their id, and checkpoints by time alone. */
const POSTGRES_SETTINGS = {
  shared_buffers: '10GB',
  max_wal_size: '16GB',
  checkpoint_timeout: '15min',
} as const;
/** Most that a rotation may cost with the most grants, beside its cost with the fewest. */
const BAR = 1.15;

interface Options {
  readonly grants: readonly number[];
  readonly callers: readonly number[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/**
 * `storage`: callers rotate refresh tokens through the storage service in a closed loop, with ever more grants in the
 * table. Resolves with 1 when any answer was no rotation.
 */
export async function storageScenario(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  await using cluster = await startCluster({ postgres: { fsync: true, settings: POSTGRES_SETTINGS } });
  const durability = await readDurability(cluster.postgres, 'tessera');
  const pages = await readHugePages(cluster.postgres.url('tessera'));
  const { runs, settlings } = await measureAll(cluster, options);
  const report = render({ runs, settlings }, { ...options, args }, [
    ...machineFacts(),
    'One storage process, one PostgreSQL, mutual TLS between; the callers are the client code of the token service in one process, and counted',
    `Each caller rotates a grant chosen at random, in a closed loop, measured for ${options.seconds} s after ${options.warmUpSeconds} s, between two checkpoints: after the first, grants are rotated until fewer than one rotation in twenty is the first change of its page`,
    `PostgreSQL: ${durability.join(', ')}, huge_pages_status = ${pages}, ${Object.entries(POSTGRES_SETTINGS)
      .map(([name, value]) => `${name} = ${value}`)
      .join(', ')}; grants of about 700 bytes, read once into the cache before they are measured`,
  ]);
  process.stdout.write(report);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'storage.md'), report);
  for (const { result, grants, callers } of runs) {
    if (result.errors > 0)
      process.stderr.write(`${grants}, ${callers}: ${result.errors} errors: ${result.samples.join('; ')}\n`);
  }
  return runs.every(({ result }) => result.errors === 0 && result.operations > 0) ? 0 : 1;
}

interface Measured {
  readonly runs: readonly RotationRun[];
  readonly settlings: readonly Settling[];
}

async function measureAll(cluster: Cluster, options: Options): Promise<Measured> {
  await using bench = await createRotationBench(cluster);
  const runs: RotationRun[] = [];
  const settlings: Settling[] = [];
  let present = 0;
  for (const grants of options.grants) {
    process.stderr.write(`filling up to ${grants} grants\n`);
    await fillGrants(cluster.postgres.url('tessera'), present, grants);
    present = Math.max(present, grants);
    const size = await warmGrants(cluster.postgres.url('tessera'));
    process.stderr.write(`${grants} grants are ${size}, all of it in the cache\n`);
    const settling = await settle(bench, cluster.postgres.url('tessera'), {
      grants,
      callers: options.callers.at(-1) ?? 1,
    });
    process.stderr.write(`${grants} grants settled after ${settling.seconds} s: ${describeLog(settling.settled)}\n`);
    settlings.push(settling);
    for (const callers of options.callers) {
      const run = await bench.measure(grants, callers, options);
      process.stderr.write(
        `${grants} grants, ${callers} callers: ${perSecond(run)}/s, ${(totalCost(run) * 1000).toFixed(0)} µs\n`,
      );
      runs.push(run);
    }
  }
  return { runs, settlings };
}

function describeLog({ run, fullPages, walBytes }: LoggedRun): string {
  return `${(totalCost(run) * 1000).toFixed(0)} µs, ${fullPages.toFixed(2)} full pages and ${walBytes.toFixed(0)} bytes of log`;
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      grants: { type: 'string', default: '1000,1000000,10000000' },
      callers: { type: 'string', default: '1,32,256' },
      seconds: { type: 'string', default: '20' },
      'warm-up': { type: 'string', default: '10' },
    },
  });
  const numbers = (text: string): number[] => text.split(',').map(Number);
  const options = {
    grants: numbers(values.grants),
    callers: numbers(values.callers),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values['warm-up']),
  };
  const all = [...options.grants, ...options.callers, options.seconds, options.warmUpSeconds];
  if (!all.every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new Error(
      '--grants, --callers, --seconds and --warm-up take whole numbers, the first two several with commas',
    );
  }
  return { ...options, grants: options.grants.toSorted((left, right) => left - right) };
}

function perSecond({ result }: RotationRun): string {
  return (result.operations / (result.durationMs / 1000)).toFixed(0);
}

function render(
  { runs, settlings }: Measured,
  { grants, callers, args }: Options & { readonly args: readonly string[] },
  facts: readonly string[],
): string {
  const find = (size: number, count: number): RotationRun | undefined =>
    runs.find((run) => run.grants === size && run.callers === count);
  const cells = (show: (run: RotationRun) => string) =>
    callers.map((count) => [
      String(count),
      ...grants.map((size) => {
        const run = find(size, count);
        return run === undefined ? '' : show(run);
      }),
    ]);
  const head = ['callers', ...grants.map((size) => `${size.toLocaleString('en')} grants`)];
  const [fewest = 0, most = 0] = [grants[0], grants.at(-1)];
  const ratios = callers.map((count) => {
    const [few, many] = [find(fewest, count), find(most, count)];
    const ratio = few === undefined || many === undefined ? Number.NaN : totalCost(many) / totalCost(few);
    return [String(count), ratio.toFixed(2), ratio <= BAR ? 'met' : 'missed'];
  });
  const tiers = [...(runs[0]?.costs.keys() ?? [])].filter((tier) =>
    runs.some(({ costs }) => (costs.get(tier) ?? 0) > 5e-4),
  );
  const widest = callers.at(-1) ?? 0;
  return [
    '# Rotating refresh tokens in storage',
    '',
    `    npm run bench -- storage${args.map((arg) => ` ${arg}`).join('')}`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    'Rotations a second:',
    '',
    ...table(head, cells(perSecond)),
    '',
    'CPU of all tiers for one rotation, in microseconds of user and system time:',
    '',
    ...table(
      head,
      cells((run) => (totalCost(run) * 1000).toFixed(0)),
    ),
    '',
    `With the most grants beside the fewest (bar: ${BAR}):`,
    '',
    ...table(['callers', 'ratio', 'bar'], ratios),
    '',
    `By tier with ${widest} callers, in microseconds:`,
    '',
    ...table(
      ['tier', ...grants.map((size) => `${size.toLocaleString('en')} grants`)],
      tiers.map((tier) => [
        tier,
        ...grants.map((size) => ((find(size, widest)?.costs.get(tier) ?? 0) * 1000).toFixed(0)),
      ]),
    ),
    '',
    `Around a checkpoint with ${widest} callers, for one rotation: CPU of all tiers in microseconds, whole pages and bytes in the log:`,
    '',
    ...table(
      ['grants', 'first 10 s after it', 'settled', 'settled after'],
      settlings.map(({ afterCheckpoint, settled, seconds }, index) => [
        (grants[index] ?? 0).toLocaleString('en'),
        describeLog(afterCheckpoint),
        describeLog(settled),
        `${seconds} s`,
      ]),
    ),
    '',
    'Latency in milliseconds, p50 / p99:',
    '',
    ...table(
      head,
      cells(({ result }) => `${result.p50Ms.toFixed(1)} / ${result.p99Ms.toFixed(1)}`),
    ),
    '',
  ].join('\n');
}
