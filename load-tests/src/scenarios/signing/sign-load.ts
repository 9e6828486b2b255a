import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { KeysApi, TokenBundle } from '@tessera/contracts';
import { ISSUER } from './keys-in-process.ts';

/** How the service is loaded. */
export interface SignLoad {
  /** Bundles of one call. */
  readonly batch: number;
  /** Calls at a time. */
  readonly callers: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** What was measured. */
export interface SignResult {
  readonly tokensPerSecond: number;
  /** By the CPU time of the whole process, user and system. */
  readonly tokensPerCpuSecond: number;
  /** Delay of the event loop, in milliseconds: by how much a timer of ten milliseconds came late. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Length of a token, in characters. */
  readonly tokenLength: number;
}

/** Interval of the timer that the delay is measured by; what is measured holds it. A shorter one costs what it measures. */
const TIMER_MS = 10;

/** Callers ask for access tokens in a closed loop, each call after the turn of the event loop that answered the one before. */
export async function measureSigning(api: KeysApi, load: SignLoad): Promise<SignResult> {
  await runCallers(api, load, load.warmUpSeconds);
  const delay = monitorEventLoopDelay({ resolution: TIMER_MS });
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  delay.enable();
  const { tokens, tokenLength } = await runCallers(api, load, load.seconds);
  delay.disable();
  const { user, system } = process.cpuUsage(startedCpu);
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - TIMER_MS);
  return {
    tokensPerSecond: tokens / elapsedSeconds,
    tokensPerCpuSecond: tokens / ((user + system) / 1e6),
    loopDelayMs: {
      p50: delayMs(delay.percentile(50)),
      p99: delayMs(delay.percentile(99)),
      max: delayMs(delay.max),
    },
    tokenLength,
  };
}

async function runCallers(
  api: KeysApi,
  { batch, callers }: SignLoad,
  seconds: number,
): Promise<{ readonly tokens: number; readonly tokenLength: number }> {
  const endMs = performance.now() + seconds * 1000;
  let tokens = 0;
  let tokenLength = 0;
  const call = async (): Promise<void> => {
    while (performance.now() < endMs) {
      for (const outcome of await api.sign(makeBundles(batch))) {
        if (!outcome.ok) throw outcome.error;
        tokens += outcome.value.length;
        tokenLength = outcome.value[0]?.length ?? 0;
      }
      await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return { tokens, tokenLength };
}

function makeBundles(batch: number): readonly TokenBundle[] {
  const iat = Math.floor(Date.now() / 1000);
  return Array.from({ length: batch }, (_, index) => [
    {
      type: 'access_token',
      claims: {
        iss: ISSUER,
        sub: 'CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs',
        aud: 'https://api.example.org',
        client_id: 'example-app',
        exp: iat + 3600,
        iat,
        jti: `q0vJw1mZbL5cY7aS9dF3h${index}`,
        scope: 'openid profile email groups offline_access',
        auth_time: iat - 60,
      },
    },
  ]);
}
