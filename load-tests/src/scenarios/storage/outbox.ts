import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Cluster, startCluster } from '@tessera/cli';
import { machineFacts } from '../../machine.ts';
import { median, table } from '../../report.ts';
import { readDurability } from '../durability.ts';
import { fillGrants } from './grants.ts';
import { createRotationBench, type RotationBench, type RotationRun, totalCost } from './measure-rotations.ts';

const RESULTS = fileURLToPath(new URL('../../../results', import.meta.url));
const GRANTS = 10_000;
/** Most that a rotation may cost with the outbox on, beside its cost without. */
const BAR = 1.05;

/**
 * `outbox`: the same rotations with the outbox off and on, in turns, so that whatever else the machine does meets both.
 * With it on, an events service runs that hands on what there is. Resolves with 1 when any answer was no rotation.
 */
export async function outboxScenario(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '6' },
      seconds: { type: 'string', default: '10' },
      callers: { type: 'string', default: '64' },
    },
  });
  const [rounds, seconds, callers] = [Number(values.rounds), Number(values.seconds), Number(values.callers)];
  if (![rounds, seconds, callers].every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new Error('--rounds, --seconds and --callers take whole numbers');
  }
  await using off = await startCluster({ postgres: { fsync: true } });
  await using on = await startCluster({
    postgres: { fsync: true },
    additions: { events: { type: 'file', config: { file: join(off.directory, 'events.jsonl') } } },
  });
  const durability = await readDurability(on.postgres, 'tessera');
  await using offBench = await prepare(off);
  await using onBench = await prepare(on);
  const [withoutOutbox, withOutbox]: [RotationRun[], RotationRun[]] = [[], []];
  const window = { seconds, warmUpSeconds: 3 };
  for (let round = 1; round <= rounds; round += 1) {
    withoutOutbox.push(await offBench.measure(GRANTS, callers, window));
    withOutbox.push(await onBench.measure(GRANTS, callers, window));
    process.stderr.write(`round ${round}: ${show(withoutOutbox.at(-1))} off, ${show(withOutbox.at(-1))} on\n`);
  }
  const ratio = median(withOutbox.map(totalCost)) / median(withoutOutbox.map(totalCost));
  const report = [
    '# Rotating refresh tokens with the outbox off and on',
    '',
    `    npm run bench -- outbox${args.map((arg) => ` ${arg}`).join('')}`,
    '',
    ...machineFacts().map((fact) => `- ${fact}`),
    `- ${callers} callers rotate ${GRANTS} grants; ${rounds} rounds of ${seconds} s each, off and on in turns; medians`,
    '- On: the statements carry the outbox and an events service asks for events twice a second; all its CPU is counted',
    `- PostgreSQL: ${durability.join(', ')}`,
    '',
    ...table(
      ['', 'off', 'on'],
      [
        ['CPU of all tiers for one rotation, µs', microseconds(withoutOutbox), microseconds(withOutbox)],
        ['rotations/s', rate(withoutOutbox), rate(withOutbox)],
      ],
    ),
    '',
    `On beside off: ${ratio.toFixed(3)} (bar ${BAR}: ${ratio <= BAR ? 'met' : 'missed'})`,
    '',
  ].join('\n');
  process.stdout.write(report);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'outbox.md'), report);
  const all = [...withoutOutbox, ...withOutbox];
  return all.every(({ result }) => result.errors === 0 && result.operations > 0) ? 0 : 1;
}

async function prepare(cluster: Cluster): Promise<RotationBench> {
  await fillGrants(cluster.postgres.url('tessera'), GRANTS);
  return createRotationBench(cluster);
}

function show(run: RotationRun | undefined): string {
  return run === undefined ? '' : `${(totalCost(run) * 1000).toFixed(0)} µs`;
}

function microseconds(runs: readonly RotationRun[]): string {
  return (median(runs.map(totalCost)) * 1000).toFixed(1);
}

function rate(runs: readonly RotationRun[]): string {
  return median(runs.map(({ result }) => result.operations / (result.durationMs / 1000))).toFixed(0);
}
