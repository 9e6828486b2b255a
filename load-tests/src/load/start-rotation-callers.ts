import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadResult } from './messages.ts';
import type { RotationMessage, RotationOrder, RotationPlan, RotationReport } from './rotation-messages.ts';

/** Callers of storage in a process of their own. */
export interface RotationCallers extends AsyncDisposable {
  readonly pid: number;
  /** Runs one measurement; tells when the time that counts begins and ends. */
  measure(
    order: Omit<RotationOrder, 'type'>,
    frame: { readonly begun: () => void; readonly ended: () => void },
  ): Promise<LoadResult>;
}

/** Starts the process and connects it. */
export async function startRotationCallers(plan: RotationPlan): Promise<RotationCallers> {
  const child = fork(new URL('./rotation-callers.ts', import.meta.url), { execArgv: ['--conditions=source'] });
  const exited = once(child, 'exit');
  let listener: (message: RotationReport) => void = () => undefined;
  child.on('message', (message: RotationReport) => listener(message));
  const send = (message: RotationMessage): boolean => child.send(message);
  const died = exited.then((): never => {
    throw new Error('the process of the callers ended unexpectedly');
  });
  died.catch(() => undefined);
  const connected = new Promise<void>((resolve) => {
    listener = ({ type }) => type === 'connected' && resolve();
  });
  send({ type: 'plan', plan });
  await Promise.race([connected, died]);
  return {
    pid: child.pid ?? 0,
    measure(order, frame) {
      const measured = new Promise<LoadResult>((resolve) => {
        listener = (message) => {
          if (message.type === 'begun') frame.begun();
          if (message.type === 'ended') frame.ended();
          if (message.type === 'measured') resolve(message.result);
        };
      });
      send({ type: 'measure', ...order });
      return Promise.race([measured, died]);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await exited;
    },
  };
}
