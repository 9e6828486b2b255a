import { type ChildProcess, fork } from 'node:child_process';
import type { Failure } from './failure.ts';
import type { ModuleCall, ModuleCalls, ModuleReply, ModuleRequest } from './module-protocol.ts';

/** The answer of a library's process, or why there is none. `isGone`: the process ended, or was ended as it took too long. */
export type ModuleOutcome<C extends ModuleCall> =
  | { readonly ok: true; readonly answer: ModuleCalls[C]['answer'] }
  | { readonly ok: false; readonly failure: Failure; readonly isGone: boolean };

/** A process that has a library. */
export interface ModuleProcess {
  /** Asks for something; never rejects. A process that has not answered in time is killed. */
  request<C extends ModuleCall>(call: C, ask: ModuleCalls[C]['ask'], timeoutMs: number): Promise<ModuleOutcome<C>>;
  isRunning(): boolean;
  /** Lets it log out and end; kills it when it does not. What is under way fails. May be called twice. */
  end(): Promise<void>;
}

interface Pending {
  resolve(outcome: ModuleOutcome<ModuleCall>): void;
  readonly timer: NodeJS.Timeout;
}

const END_WITHIN_MS = 2_000;

/**
 * Starts a process for a library. While it has nothing to do it keeps this process alive no longer.
 *
 * @param environment all of its environment, as vendors' libraries are configured by that; that of this process when left out.
 */
export function startModuleProcess(environment?: Readonly<Record<string, string>>): ModuleProcess {
  const child = startChild(environment);
  const pending = new Map<number, Pending>();
  let last = 0;
  let reason = 'the process of the PKCS #11 library ended';
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      for (const number of [...pending.keys()]) settle(number, gone(reason));
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  const isRunning = (): boolean => child.connected && child.exitCode === null && child.signalCode === null;
  const settle = (number: number, outcome: ModuleOutcome<ModuleCall>): void => {
    const one = pending.get(number);
    if (one === undefined) return;
    clearTimeout(one.timer);
    pending.delete(number);
    if (pending.size === 0) letGo(child);
    one.resolve(outcome);
  };
  child.on('message', (reply: ModuleReply) => {
    settle(
      reply.number,
      reply.ok ? { ok: true, answer: reply.answer } : { ok: false, failure: reply.failure, isGone: false },
    );
  });
  letGo(child);

  return {
    isRunning,
    request(call, ask, timeoutMs) {
      return new Promise((resolve) => {
        if (!isRunning()) return resolve(gone(reason));
        last += 1;
        const number = last;
        const giveUp = (): void => {
          reason = `the PKCS #11 library did not answer within ${timeoutMs} ms`;
          child.kill('SIGKILL');
        };
        if (pending.size === 0) holdOn(child);
        const answerTo = resolve as (outcome: ModuleOutcome<ModuleCall>) => void;
        pending.set(number, { resolve: answerTo, timer: setTimeout(giveUp, timeoutMs) });
        child.send({ number, call, ask } as ModuleRequest, (error) => {
          if (error !== null) settle(number, gone(reason));
        });
      });
    },
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function startChild(environment?: Readonly<Record<string, string>>): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const main = isSource
    ? new URL('./module-process.ts', import.meta.url)
    : new URL('./module-process.js', import.meta.url);
  return fork(main, {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    ...(environment !== undefined && { env: environment }),
  });
}

function gone(message: string): { readonly ok: false; readonly failure: Failure; readonly isGone: true } {
  return { ok: false, failure: { kind: 'lost', message }, isGone: true };
}

function letGo(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function holdOn(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}
