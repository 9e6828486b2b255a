import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Probe, ProbeAction } from '../manifests/probe.ts';

/** Where and how a container is asked. */
export interface ProbeTarget {
  readonly address: string;
  port(of: number | string): number;
  /** Runs a command in the container; says whether it ended with 0 within the time. */
  exec(command: readonly string[], timeoutMs: number): Promise<boolean>;
}

/** What came of asking, as often as the thresholds say. */
export interface ProbeWatch {
  onSuccess(): void;
  /** `reason` is what went wrong the last time. */
  onFailure(reason: string): void;
}

/** Asks again and again until `signal` is aborted, and tells of each turn from one to the other. Never rejects. */
export async function keepProbing(
  probe: Probe,
  target: ProbeTarget,
  watch: ProbeWatch,
  signal: AbortSignal,
): Promise<void> {
  await pause(probe.initialDelaySeconds * 1000, signal);
  let [successes, failures] = [0, 0];
  while (!signal.aborted) {
    const startedMs = performance.now();
    const reason = await ask(probe.action, target, probe.timeoutSeconds * 1000);
    if (signal.aborted) return;
    [successes, failures] = reason === undefined ? [successes + 1, 0] : [0, failures + 1];
    if (reason === undefined && successes === probe.successThreshold) watch.onSuccess();
    if (reason !== undefined && failures === probe.failureThreshold) watch.onFailure(reason);
    await pause(probe.periodSeconds * 1000 - (performance.now() - startedMs), signal);
  }
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, durationMs), undefined, { signal }).catch(() => undefined);
}

/** @returns what went wrong, if anything. */
async function ask(action: ProbeAction, target: ProbeTarget, timeoutMs: number): Promise<string | undefined> {
  try {
    if (action.kind === 'exec') {
      const isGood = await target.exec(action.command, timeoutMs);
      return isGood ? undefined : `${action.command.join(' ')} failed`;
    }
    const port = target.port(action.port);
    if (action.kind === 'tcp') await touch(target.address, port, timeoutMs);
    else {
      const status = await get(`http://${target.address}:${port}${action.path}`, action.headers, timeoutMs);
      if (status < 200 || status >= 400) return `${action.path} answered ${status}`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function touch(host: string, port: number, timeoutMs: number): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

async function get(url: string, headers: Readonly<Record<string, string>>, timeoutMs: number): Promise<number> {
  const asked = request(url, {
    headers: { 'user-agent': 'kube-probe/1.35', ...headers, connection: 'close' },
    signal: AbortSignal.timeout(timeoutMs),
  });
  asked.end();
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  asked.on('error', () => undefined);
  response.on('error', () => undefined);
  response.resume();
  return response.statusCode ?? 0;
}
