import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Cluster, startCluster } from '@tessera/cli';
import { type CpuClock, createCpuClock } from '../cpu.ts';
import { startGenerator } from '../load/start-generator.ts';
import { machineFacts } from '../machine.ts';
import { renderReport, type ScenarioRun, totalMs } from '../report.ts';
import { type SignIn, signInForRefreshToken } from '../sign-in.ts';
import { type Algorithm, measureSignatureMs } from '../signing-cost.ts';
import { readDurability } from './durability.ts';
import { parseScenarioOptions, type ScenarioOptions } from './options.ts';
import { tiersOf } from './tiers.ts';

/** Most CPU of all tiers for one refresh, in milliseconds: it is one durable statement and two signatures. */
const BARS_MS: Readonly<Record<Algorithm, number>> = { RS256: 1.5, ES256: 0.6 };
const SIGNATURES_PER_REFRESH = 2;
/** Password checks are slow on purpose; more at a time than there are cores would only queue. */
const SIGN_INS_AT_A_TIME = 4;
const RESULTS = fileURLToPath(new URL('../../results', import.meta.url));

/** The person and the application of `examples/config.yaml`. */
const sample = {
  clientId: 'example-app',
  clientSecret: 'ZXhhbXBsZS1hcHAtc2VjcmV0',
  redirectUri: 'http://127.0.0.1:5555/callback',
  login: 'admin@example.com',
  password: 'password',
} as const;

/**
 * `refresh`: every caller refreshes its token in a closed loop through the gateway. Each operation signs an access token
 * and an ID token and commits the rotation. Resolves with 1 when any answer was an error.
 */
export async function refreshScenario(args: readonly string[]): Promise<number> {
  const options = parseScenarioOptions(args);
  const runs: ScenarioRun[] = [];
  let durability: readonly string[] = [];
  for (const algorithm of options.algorithms) {
    console.error(`${algorithm}: starting the services`);
    await using cluster = await startCluster({
      additions: {
        oauth2: { skipApprovalScreen: true },
        signer: { type: 'local', config: { keysRotationPeriod: '6h', algorithm } },
      },
      replicas: options.replicas,
      postgres: { fsync: true },
    });
    durability = await readDurability(cluster.postgres, 'tessera');
    console.error(`PostgreSQL: ${durability.join(', ')}`);
    runs.push(await measure(cluster, algorithm, options));
  }
  const report = renderReport(
    {
      title: 'Refreshing a token',
      command: `npm run bench -- refresh${args.map((arg) => ` ${arg}`).join('')}`,
      machine: machineFacts(),
      method: [
        `${options.callers} callers in a closed loop over kept-alive connections through nginx, measured for ${options.seconds} s after ${options.warmUpSeconds} s`,
        'Separate processes with mutual TLS between them; each answer holds a signed access token, a signed ID token and the next refresh token',
        `PostgreSQL: ${durability.join(', ')}; Redis without persistence`,
      ],
    },
    runs,
  );
  console.log(report);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, 'refresh.md'), report);
  for (const { algorithm, result } of runs) {
    if (result.errors > 0) console.error(`${algorithm}: ${result.errors} errors: ${result.samples.join('; ')}`);
  }
  return runs.every(({ result }) => result.errors === 0 && result.operations > 0) ? 0 : 1;
}

async function measure(cluster: Cluster, algorithm: Algorithm, options: ScenarioOptions): Promise<ScenarioRun> {
  console.error(`${algorithm}: ${options.callers} sign-ins`);
  const refreshTokens = await signInAll({ ...sample, issuer: cluster.issuer }, options.callers);
  const signatureMs = measureSignatureMs(algorithm);
  const cpu = createCpuClock();
  const { clientId, clientSecret } = sample;
  await using generator = await startGenerator({
    tokenEndpoint: `${cluster.issuer}/token`,
    clientId,
    clientSecret,
    refreshTokens,
  });
  console.error(`${algorithm}: measuring`);
  await delay(options.warmUpSeconds * 1000);
  const tiers = tiersOf(cluster);
  await generator.measure();
  const before = readAll(cpu, tiers, generator.pid);
  await delay(options.seconds * 1000);
  const after = readAll(cpu, tiers, generator.pid);
  await generator.endMeasuring();
  const result = await generator.finish();
  const perOperation = (name: string): number =>
    ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / Math.max(1, result.operations);
  const run: ScenarioRun = {
    algorithm,
    result,
    tiers: tiers.map(({ name }) => ({ tier: name, cpuMsPerOperation: perOperation(name) })),
    generatorMsPerOperation: perOperation(GENERATOR),
    signaturesMs: SIGNATURES_PER_REFRESH * signatureMs,
    barMs: BARS_MS[algorithm],
  };
  console.error(`${algorithm}: ${totalMs(run).toFixed(3)} ms of CPU for one refresh, ${result.errors} errors`);
  return run;
}

const GENERATOR = 'load generator';

function readAll(cpu: CpuClock, tiers: ReturnType<typeof tiersOf>, generatorPid: number): ReadonlyMap<string, number> {
  return new Map([
    ...tiers.map(({ name, pids }): [string, number] => [name, cpu.usedMs(pids())]),
    [GENERATOR, cpu.usedMs([generatorPid])],
  ]);
}

async function signInAll(signIn: SignIn, count: number): Promise<readonly string[]> {
  const tokens: string[] = [];
  const worker = async (): Promise<void> => {
    for (let begun = tokens.length; begun < count; begun = tokens.length) {
      // Reserved before the wait, so that two workers never count the same one.
      const position = tokens.push('') - 1;
      tokens[position] = await signInForRefreshToken(signIn);
    }
  };
  await Promise.all(Array.from({ length: SIGN_INS_AT_A_TIME }, worker));
  return tokens;
}
