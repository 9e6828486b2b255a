import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadOrder, LoadPlan, LoadReport, LoadResult } from './messages.ts';

/** A running load generator, in a process of its own so that its CPU time can be told from the product's. */
export interface LoadGenerator extends AsyncDisposable {
  readonly pid: number;
  /** From now on operations count. */
  measure(): Promise<void>;
  /** From now on they do not. */
  endMeasuring(): Promise<void>;
  /** What was measured, once the last request is answered. */
  finish(): Promise<LoadResult>;
}

/** Starts the generator's process and its callers. Throws when it cannot be started. */
export async function startGenerator(plan: LoadPlan): Promise<LoadGenerator> {
  const child = fork(new URL('./generator.ts', import.meta.url), { execArgv: ['--conditions=source'] });
  const exited = once(child, 'exit');
  const waiting = new Map<LoadReport['type'], (report: LoadReport) => void>();
  child.on('message', (report: LoadReport) => waiting.get(report.type)?.(report));
  const next = <T extends LoadReport['type']>(type: T): Promise<Extract<LoadReport, { type: T }>> =>
    Promise.race([
      new Promise<Extract<LoadReport, { type: T }>>((resolve) => {
        waiting.set(type, (report) => resolve(report as Extract<LoadReport, { type: T }>));
      }),
      exited.then(() => {
        throw new Error('the load generator ended unexpectedly');
      }),
    ]);
  const order = async <T extends LoadReport['type']>(message: LoadOrder, type: T): Promise<void> => {
    const answered = next(type);
    child.send(message);
    await answered;
  };
  await order({ type: 'run', plan }, 'running');
  const finished = next('finished');
  // Read by `finish`, if it comes to that.
  finished.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    measure: () => order({ type: 'measure' }, 'measuring'),
    endMeasuring: () => order({ type: 'stop' }, 'measured'),
    finish: async () => (await finished).result,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await exited;
    },
  };
}
