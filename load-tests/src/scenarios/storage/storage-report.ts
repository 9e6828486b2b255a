import { median, table } from '../../report.ts';
import { type RotationRun, totalCost } from './measure-rotations.ts';
import type { LoggedRun, Settling } from './settle.ts';

/** All that was measured with one number of grants; one run of each number of callers in every round. */
export interface SizeRuns {
  readonly grants: number;
  readonly settling: Settling;
  readonly runs: readonly RotationRun[];
}

/** What stands above the tables, and which columns of callers they have. */
export interface StorageReportHead {
  readonly command: string;
  readonly facts: readonly string[];
  readonly callers: readonly number[];
}

/** Most that a rotation may cost with the most grants, beside its cost with the fewest. */
const BAR = 1.15;
/** Tiers below half a microsecond are not at work. */
const LEAST_MS = 5e-4;

/** Rotations a second of one run. */
export function perSecond({ result }: RotationRun): number {
  return result.operations / (result.durationMs / 1000);
}

/** What one rotation cost, and put into the log, in words. */
export function describeLog({ run, fullPages, walBytes }: LoggedRun): string {
  return `${microseconds(totalCost(run))} µs, ${fullPages.toFixed(2)} full pages and ${walBytes.toFixed(0)} bytes of log`;
}

/** The report as markdown, by medians of the rounds. It holds no date, so that a repetition differs in its figures alone. */
export function renderStorageReport(
  sizes: readonly SizeRuns[],
  { command, facts, callers }: StorageReportHead,
): string {
  const columns = sizes.map(({ grants }) => `${grants.toLocaleString('en')} grants`);
  const byCallers = (show: (runs: readonly RotationRun[]) => string): readonly string[] =>
    table(
      ['callers', ...columns],
      callers.map((count) => [String(count), ...sizes.map((size) => show(runsOf(size, count)))]),
    );
  const widest = Math.max(...callers);
  const tiers = [...(sizes[0]?.runs[0]?.costs.keys() ?? [])];
  const tierCosts = tiers.map((tier) => ({
    tier,
    costs: sizes.map((size) => median(runsOf(size, widest).map(({ costs }) => costs.get(tier) ?? 0))),
  }));
  return [
    '# Rotating refresh tokens in storage',
    '',
    `    ${command}`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    'Rotations a second:',
    '',
    ...byCallers((runs) => median(runs.map(perSecond)).toFixed(0)),
    '',
    'CPU of all tiers for one rotation, in microseconds of user and system time:',
    '',
    ...byCallers((runs) => microseconds(median(runs.map(totalCost)))),
    '',
    `With the most grants beside the fewest, each round by itself (bar: ${BAR}):`,
    '',
    ...table(
      ['callers', 'median', 'all rounds', 'bar'],
      callers.map((count) => ratioRow(count, sizes)),
    ),
    '',
    `By tier with ${widest} callers, in microseconds:`,
    '',
    ...table(
      ['tier', ...columns],
      tierCosts
        .filter(({ costs }) => costs.some((cost) => cost > LEAST_MS))
        .map(({ tier, costs }) => [tier, ...costs.map(microseconds)]),
    ),
    '',
    'Pages of the table and its indexes that PostgreSQL looks up in its cache for one rotation, each time counted:',
    '',
    ...table(['', ...columns], [['look-ups', ...sizes.map(({ settling }) => settling.settled.pageLookups.toFixed(1))]]),
    '',
    `Around a checkpoint with ${widest} callers, for one rotation: CPU of all tiers in microseconds, whole pages and bytes in the log:`,
    '',
    ...table(
      ['grants', 'first 10 s after it', 'settled', 'settled after'],
      sizes.map(({ grants, settling: { afterCheckpoint, settled, seconds } }) => [
        grants.toLocaleString('en'),
        describeLog(afterCheckpoint),
        describeLog(settled),
        `${seconds} s`,
      ]),
    ),
    '',
    'Latency in milliseconds, p50 / p99:',
    '',
    ...byCallers((runs) => {
      const middle = (value: (run: RotationRun) => number): string => median(runs.map(value)).toFixed(1);
      return `${middle(({ result }) => result.p50Ms)} / ${middle(({ result }) => result.p99Ms)}`;
    }),
    '',
  ].join('\n');
}

function runsOf({ runs }: SizeRuns, count: number): readonly RotationRun[] {
  return runs.filter(({ callers }) => callers === count);
}

/** Whatever else the machine did met both sizes of a round alike. */
function ratioRow(count: number, sizes: readonly SizeRuns[]): readonly string[] {
  const [fewest, most] = [sizes[0], sizes.at(-1)];
  const costs = (size: SizeRuns | undefined): number[] =>
    size === undefined ? [] : runsOf(size, count).map(totalCost);
  const few = costs(fewest);
  const ratios = costs(most).map((cost, round) => cost / (few[round] ?? Number.NaN));
  const ratio = median(ratios);
  const all = ratios.map((one) => one.toFixed(2)).join(', ');
  return [String(count), ratio.toFixed(2), all, ratio <= BAR ? 'met' : 'missed'];
}

function microseconds(milliseconds: number): string {
  return (milliseconds * 1000).toFixed(0);
}
