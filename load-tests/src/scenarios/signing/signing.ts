import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BARS, SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.ts';
import { measureBareSigning } from './bare-signing.ts';
import { startKeysInProcess } from './keys-in-process.ts';
import { measureOpenssl, opensslVersion } from './openssl-speed.ts';
import { measureSigning, type SignLoad } from './sign-load.ts';
import { isWithinBars, type Round, renderSigningReport, type SigningRun } from './signing-report.ts';

const RESULTS = fileURLToPath(new URL('../../../results', import.meta.url));

/**
 * `signing`: how much of what OpenSSL signs on a core the keys service signs, beside `openssl speed` and a bare loop of
 * `crypto.sign`, in turns. Resolves with 1 when a bar is missed.
 */
export async function signingScenario(args: readonly string[]): Promise<number> {
  const { rounds, ...load } = parseOptions(args);
  const cores = availableParallelism();
  const version = await opensslVersion();
  const runs: SigningRun[] = [];
  for (const algorithm of SIGNING_ALGORITHMS) {
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      measured.push(await measureRound(algorithm, cores, load));
      process.stderr.write(`${algorithm}, round ${round} of ${rounds}: ${describe(measured.at(-1), cores)}\n`);
    }
    runs.push({ algorithm, bar: BARS[algorithm], rounds: measured });
  }
  const command = `npm run bench -- signing${args.map((arg) => ` ${arg}`).join('')}`;
  const report = renderSigningReport(runs, { command, cores, opensslVersion: version, load, rounds });
  process.stdout.write(report);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'signing.md'), report);
  return isWithinBars(runs, cores) ? 0 : 1;
}

async function measureRound(algorithm: SigningAlgorithm, cores: number, load: SignLoad): Promise<Round> {
  const { seconds } = load;
  const opensslWall = await measureOpenssl(algorithm, { cores, seconds, measure: 'wall' });
  const opensslCpu = await measureOpenssl(algorithm, { cores, seconds, measure: 'cpu' });
  const bare = await measureBareSigning(algorithm, { cores, seconds });
  await using keys = await startKeysInProcess(algorithm);
  return { opensslWall, opensslCpu, bare, keys: await measureSigning(keys.api, load) };
}

function describe(round: Round | undefined, cores: number): string {
  if (round === undefined) return '';
  const { opensslWall, bare, keys } = round;
  const perCore = keys.tokensPerSecond / cores;
  return `openssl ${opensslWall.toFixed(0)}, crypto.sign ${bare.toFixed(0)}, keys ${perCore.toFixed(0)} a second and core; delay p99 ${keys.loopDelayMs.p99.toFixed(1)} ms`;
}

function parseOptions(args: readonly string[]): SignLoad & { readonly rounds: number } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      'warm-up': { type: 'string', default: '1' },
      callers: { type: 'string', default: String(2 * availableParallelism()) },
      batch: { type: 'string', default: '32' },
    },
  });
  const options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values['warm-up']),
    callers: Number(values.callers),
    batch: Number(values.batch),
  };
  if (!Object.values(options).every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new Error('--rounds, --seconds, --warm-up, --callers and --batch take whole numbers');
  }
  return options;
}
