import { machineFacts } from '../../machine.ts';
import { median, table } from '../../report.ts';
import type { SigningAlgorithm } from './algorithms.ts';
import type { SignLoad, SignResult } from './sign-load.ts';

/** One measurement of everything, in turns. Rates are signatures a second. */
export interface Round {
  /** `openssl speed` on one core, all cores busy, by the clock. */
  readonly opensslWall: number;
  /** The same by its user CPU time. */
  readonly opensslCpu: number;
  /** `crypto.sign` in a loop on one core, all cores busy. */
  readonly bare: number;
  readonly keys: SignResult;
}

/** The rounds of one algorithm. */
export interface SigningRun {
  readonly algorithm: SigningAlgorithm;
  /** Least share of `openssl speed`. */
  readonly bar: number;
  readonly rounds: readonly Round[];
}

/** What stands above the table. */
export interface SigningReportHead {
  readonly command: string;
  readonly cores: number;
  readonly opensslVersion: string;
  readonly load: SignLoad;
  readonly rounds: number;
}

/** Most that the event loop may be late, in 99 of 100 cases, in milliseconds. */
const LOOP_DELAY_BAR_MS = 5;

/** Whether every algorithm keeps to its bars, by the medians of its rounds. */
export function isWithinBars(runs: readonly SigningRun[], cores: number): boolean {
  return runs.every((run) => shareOfOpenssl(run, cores) >= run.bar && loopDelayP99(run) < LOOP_DELAY_BAR_MS);
}

/** The report as markdown. It holds no date, so that a repetition differs in its figures alone. */
export function renderSigningReport(runs: readonly SigningRun[], head: SigningReportHead): string {
  const { cores, load } = head;
  const row = (name: string, show: (run: SigningRun) => string): readonly string[] => [name, ...runs.map(show)];
  const rate = (name: string, value: (round: Round) => number): readonly string[] =>
    row(name, ({ rounds }) => median(rounds.map(value)).toFixed(0));
  const delay = (name: string, value: (result: SignResult) => number): readonly string[] =>
    row(name, ({ rounds }) => median(rounds.map(({ keys }) => value(keys))).toFixed(1));
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const judged = (text: string, bar: string, isMet: boolean): string =>
    `**${text}** (${bar}, ${isMet ? 'met' : 'missed'})`;
  const rows = [
    rate('`openssl speed`, signatures/s', ({ opensslWall }) => opensslWall),
    rate('`crypto.sign` in a loop, signatures/s', ({ bare }) => bare),
    rate('keys service, tokens/s', ({ keys }) => keys.tokensPerSecond / cores),
    row('keys service ÷ `openssl speed`', (run) => {
      const share = shareOfOpenssl(run, cores);
      return judged(percent(share), `≥ ${run.bar * 100} %`, share >= run.bar);
    }),
    row('keys service ÷ `crypto.sign`', ({ rounds }) =>
      percent(median(rounds.map(({ keys, bare }) => keys.tokensPerSecond / cores / bare))),
    ),
    rate('`openssl speed`, by its CPU time', ({ opensslCpu }) => opensslCpu),
    rate('keys service, by its CPU time', ({ keys }) => keys.tokensPerCpuSecond),
    row('keys service ÷ `openssl speed`, by CPU time', ({ rounds }) =>
      percent(median(rounds.map(({ keys, opensslCpu }) => keys.tokensPerCpuSecond / opensslCpu))),
    ),
    delay('event-loop delay p50, ms', ({ loopDelayMs }) => loopDelayMs.p50),
    row('event-loop delay p99, ms', (run) => {
      const p99 = loopDelayP99(run);
      return judged(p99.toFixed(1), `< ${LOOP_DELAY_BAR_MS}`, p99 < LOOP_DELAY_BAR_MS);
    }),
    delay('event-loop delay max, ms', ({ loopDelayMs }) => loopDelayMs.max),
    row('characters of a token', ({ rounds }) => String(rounds[0]?.keys.tokenLength ?? 0)),
  ];
  return [
    '# Signing',
    '',
    `    ${head.command}`,
    '',
    ...machineFacts().map((fact) => `- ${fact}`),
    `- \`openssl\` program: OpenSSL ${head.opensslVersion}`,
    `- Everything for one core, with all ${cores} busy: as many processes of \`openssl speed\`, threads of \`crypto.sign\`, and threads of the keys service`,
    `- Keys service: ${load.callers} calls of its API in process at a time in a closed loop, each for ${load.batch} access tokens; claims are checked, encoded and signed; the callers are in the same process and counted`,
    `- ${head.rounds} rounds of ${load.seconds} s each, in turns; medians. Delay: by how much a timer of 10 ms came late in the process that serves, saturated`,
    '',
    ...table(['', ...runs.map(({ algorithm }) => algorithm)], rows),
    '',
  ].join('\n');
}

function shareOfOpenssl({ rounds }: SigningRun, cores: number): number {
  return median(rounds.map(({ keys, opensslWall }) => keys.tokensPerSecond / cores / opensslWall));
}

function loopDelayP99({ rounds }: SigningRun): number {
  return median(rounds.map(({ keys }) => keys.loopDelayMs.p99));
}
