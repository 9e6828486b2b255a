// The process that makes the load: each caller refreshes its token again as soon as it has the next one.

import { Agent, request } from 'node:http';
import { createLatencies } from './latencies.ts';
import type { LoadOrder, LoadPlan, LoadReport, LoadResult } from './messages.ts';

const MAX_SAMPLES = 5;
/** A caller whose token was refused has none to go on with. */
const GIVE_UP = undefined;

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Window {
  startedMs: number;
  endedMs: number;
}

interface Callers {
  measure(): void;
  endWindow(): void;
  finish(): Promise<LoadResult>;
}

/** Starts all callers; each has a connection of its own that stays open. */
function startCallers(plan: LoadPlan): Callers {
  const latencies = createLatencies();
  const samples: string[] = [];
  const window: Window = { startedMs: Number.POSITIVE_INFINITY, endedMs: Number.POSITIVE_INFINITY };
  let errors = 0;
  let isStopped = false;
  const agent = new Agent({ keepAlive: true, maxSockets: plan.refreshTokens.length });
  const send = createSender(plan, agent);

  const note = (failure: string): undefined => {
    errors += 1;
    if (samples.length < MAX_SAMPLES) samples.push(failure);
    return GIVE_UP;
  };

  const refresh = async (token: string): Promise<string | undefined> => {
    const sentMs = performance.now();
    try {
      const answer = await send(token);
      const nowMs = performance.now();
      const next = successor(answer);
      if (next === undefined) return note(`${answer.status} ${errorCode(answer.body)}`);
      if (nowMs >= window.startedMs && nowMs < window.endedMs) latencies.add(nowMs - sentMs);
      return next;
    } catch (error) {
      return note(error instanceof Error ? error.message : String(error));
    }
  };

  const callers = plan.refreshTokens.map(async (first) => {
    for (let token: string | undefined = first; token !== undefined && !isStopped; ) token = await refresh(token);
  });

  return {
    measure: () => {
      window.startedMs = performance.now();
    },
    endWindow: () => {
      window.endedMs = performance.now();
      isStopped = true;
    },
    async finish() {
      await Promise.all(callers);
      agent.destroy();
      return {
        operations: latencies.count,
        durationMs: window.endedMs - window.startedMs,
        p50Ms: latencies.percentile(0.5),
        p95Ms: latencies.percentile(0.95),
        p99Ms: latencies.percentile(0.99),
        errors,
        samples,
      };
    },
  };
}

function createSender(plan: LoadPlan, agent: Agent): (token: string) => Promise<Answer> {
  const credentials = `${encodeURIComponent(plan.clientId)}:${encodeURIComponent(plan.clientSecret)}`;
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  return (token) =>
    new Promise((resolve, reject) => {
      const body = `grant_type=refresh_token&refresh_token=${encodeURIComponent(token)}`;
      const options = { agent, method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
      const outgoing = request(plan.tokenEndpoint, options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('error', reject);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
}

/** The next refresh token of a full answer: both signed tokens and the refresh token. */
function successor({ status, body }: Answer): string | undefined {
  if (status !== 200) return undefined;
  const answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  const isFull = typeof answer['access_token'] === 'string' && typeof answer['id_token'] === 'string';
  const next = answer['refresh_token'];
  return isFull && typeof next === 'string' ? next : undefined;
}

function errorCode(body: string): string {
  return /"error":"([a-z_]{1,40})"/.exec(body)?.[1] ?? '';
}

function report(message: LoadReport): void {
  process.send?.(message);
}

let callers: Callers | undefined;

process.on('message', (order: LoadOrder) => {
  switch (order.type) {
    case 'run':
      callers = startCallers(order.plan);
      report({ type: 'running' });
      return;
    case 'measure':
      callers?.measure();
      report({ type: 'measuring' });
      return;
    case 'stop':
      callers?.endWindow();
      report({ type: 'measured' });
      void callers?.finish().then((result) => {
        report({ type: 'finished', result });
        process.disconnect?.();
      });
  }
});
// Nobody is left to report to.
process.once('disconnect', () => process.exit());
