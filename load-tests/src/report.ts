import type { LoadResult } from './load/messages.ts';
import type { Algorithm } from './signing-cost.ts';

/** CPU of one tier, in milliseconds for one operation. */
interface TierCost {
  readonly tier: string;
  readonly cpuMsPerOperation: number;
}

/** One run of a scenario. */
export interface ScenarioRun {
  readonly algorithm: Algorithm;
  readonly result: LoadResult;
  readonly tiers: readonly TierCost[];
  /** CPU of the load generator, which is no part of the product. */
  readonly generatorMsPerOperation: number;
  /** OpenSSL's own cost of the signatures of one operation, in milliseconds of one core. */
  readonly signaturesMs: number;
  /** Most CPU an operation may cost in all tiers together, in milliseconds. */
  readonly barMs: number;
}

/** What stands above the table. */
export interface ReportHead {
  readonly title: string;
  readonly command: string;
  readonly machine: readonly string[];
  readonly method: readonly string[];
}

/** CPU of an operation in all tiers together, in milliseconds. */
export function totalMs(run: ScenarioRun): number {
  return run.tiers.reduce((sum, { cpuMsPerOperation }) => sum + cpuMsPerOperation, 0);
}

/** A whole report as markdown. It holds no date, so that a repetition differs in its figures alone. */
export function renderReport(head: ReportHead, runs: readonly ScenarioRun[]): string {
  return [
    `# ${head.title}`,
    '',
    `    ${head.command}`,
    '',
    ...head.machine.map((fact) => `- ${fact}`),
    ...head.method.map((fact) => `- ${fact}`),
    '',
    ...table(['', ...runs.map(({ algorithm }) => algorithm)], throughputRows(runs)),
    '',
    'CPU milliseconds for one operation, user and system time as the kernel counts it:',
    '',
    ...table(['tier', ...runs.map(({ algorithm }) => algorithm)], cpuRows(runs)),
    '',
  ].join('\n');
}

function throughputRows(runs: readonly ScenarioRun[]): readonly (readonly string[])[] {
  const row = (name: string, show: (result: LoadResult) => string): readonly string[] => [
    name,
    ...runs.map(({ result }) => show(result)),
  ];
  return [
    row('operations', ({ operations }) => String(operations)),
    row('operations/s', ({ operations, durationMs }) => (operations / (durationMs / 1000)).toFixed(0)),
    row('p50 latency, ms', ({ p50Ms }) => p50Ms.toFixed(1)),
    row('p95 latency, ms', ({ p95Ms }) => p95Ms.toFixed(1)),
    row('p99 latency, ms', ({ p99Ms }) => p99Ms.toFixed(1)),
    row('errors', ({ errors }) => String(errors)),
  ];
}

function cpuRows(runs: readonly ScenarioRun[]): readonly (readonly string[])[] {
  const tiers = [...new Set(runs.flatMap((run) => run.tiers.map(({ tier }) => tier)))];
  const row = (name: string, value: (run: ScenarioRun) => string): readonly string[] => [name, ...runs.map(value)];
  return [
    ...tiers.map((tier) => row(tier, (run) => milliseconds(costOf(run, tier)))),
    row('**all tiers**', (run) => `**${milliseconds(totalMs(run))}**`),
    row('bar', (run) => `≤ ${run.barMs} (${totalMs(run) <= run.barMs ? 'met' : 'missed'})`),
    row('of it OpenSSL’s two signatures', (run) => `${milliseconds(run.signaturesMs)} (${share(run)})`),
    row('load generator, not counted', (run) => milliseconds(run.generatorMsPerOperation)),
  ];
}

function costOf(run: ScenarioRun, tier: string): number {
  return run.tiers.find((cost) => cost.tier === tier)?.cpuMsPerOperation ?? 0;
}

function share(run: ScenarioRun): string {
  return `${((run.signaturesMs / totalMs(run)) * 100).toFixed(0)} %`;
}

function milliseconds(value: number): string {
  return value.toFixed(3);
}

/** A table of markdown. Columns are padded as the formatter of the repository does it, so that a report passes its check. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => (cells[column] ?? '').length)));
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? '';
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)];
}

/** The middle one of several numbers, or what lies between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
