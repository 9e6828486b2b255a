import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from './child-environment.ts';
import { assertPortIsFree } from './free-port.ts';
import { createOutputRing } from './output-ring.ts';
import { processTree, stillRunning } from './process-tree.ts';
import { startReaper } from './reaper.ts';
import { waitFor } from './wait-for.ts';

/** A program to start and when it counts as started. */
export interface ProcessOptions {
  /** What the program is called in errors. */
  readonly name: string;
  /** Path of the program, or its name on PATH. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Variables on top of PATH, HOME, XDG_CACHE_HOME, TMPDIR, TZ and LANG; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs the program as this user; only root may give it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Text in the output, or a condition asked until it holds. Started at once when left out. */
  readonly ready?: RegExp | (() => boolean | Promise<boolean>);
  /** Ports of 127.0.0.1 that the program will listen on; it is not started when one of them is taken. */
  readonly ports?: readonly number[];
  /** How long `ready` may take, in milliseconds; 15,000 when left out. */
  readonly readyTimeoutMs?: number;
  /** The signal for the program when this process died first, without `SIG`; `KILL` when left out. */
  readonly orphanSignal?: string;
  /** Directories removed when this process died first. */
  readonly orphanDirectories?: readonly string[];
}

/** How a process ended: by itself with a code, or by a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started program. It is the leader of a process group of its own. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** The last 64 Ki characters of standard output and standard error, in the order of arrival. */
  output(): string;
  /** Settles when the program has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Sends a signal to the program alone; does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /**
   * Sends `signal` (SIGTERM when left out), waits for the end of the program and of all its descendants, and kills
   * what is left after five seconds. May be called twice.
   */
  stop(signal?: NodeJS.Signals): Promise<ProcessExit>;
}

const GRACE_MS = 5_000;

/**
 * Starts a program and waits until it is ready. It ends with this process at the latest, also when this process is
 * killed.
 *
 * @throws Error with the program's last output, when it cannot be started, ends before it is ready, or is not ready in
 * time; nothing is left running then.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, command, args = [], env, cwd, user, ready } = options;
  for (const port of options.ports ?? []) await assertPortIsFree(port);
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment(env),
    ...(cwd === undefined ? {} : { cwd }),
    ...user,
  });
  const spawned = await once(child, 'spawn').catch((cause: unknown) => {
    throw new Error(`${name} cannot be started from ${command}`, { cause });
  });
  if (child.pid === undefined) throw new Error(`${name} has no process id`, { cause: spawned });
  const running = watch(child, child.pid, options);
  if (ready === undefined) return running;
  try {
    await untilReady(running, ready, options);
  } catch (cause) {
    await running.stop('SIGKILL');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${name} did not start: ${reason}\n--- output of ${name} ---\n${running.output()}`, { cause });
  }
  return running;
}

function watch(child: ChildProcess, pid: number, options: ProcessOptions): RunningProcess {
  const ring = createOutputRing();
  // A signal that could not be sent: the process has ended.
  child.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => ring.append(text));
  }
  const reaper = startReaper({
    groupId: pid,
    ...(options.orphanSignal === undefined ? {} : { signal: options.orphanSignal }),
    ...(options.orphanDirectories === undefined ? {} : { directories: options.orphanDirectories }),
  });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
    signalGroup(pid, 'SIGKILL');
    reaper.dismiss();
  });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessExit> => {
    if (hasExited) return exited;
    const tree = await processTree(pid);
    kill(signal);
    const late = setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS);
    const exit = await exited;
    clearTimeout(late);
    await waitFor(async () => (await stillRunning(tree)).length === 0, {
      what: `the children of ${options.name} to end`,
      timeoutMs: GRACE_MS,
    });
    return exit;
  };
  return {
    pid,
    output: () => ring.text(),
    exited,
    kill,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

async function untilReady(
  running: RunningProcess,
  ready: NonNullable<ProcessOptions['ready']>,
  options: ProcessOptions,
): Promise<void> {
  const giveUp = new AbortController();
  const condition = ready instanceof RegExp ? () => ready.test(running.output()) : ready;
  const ended = running.exited.then(async ({ code, signal }) => {
    // The last lines may still be in the pipe.
    await delay(50);
    throw new Error(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`);
  });
  ended.catch(() => undefined);
  try {
    const wait = { what: `${options.name} to be ready`, timeoutMs: options.readyTimeoutMs ?? 15_000 };
    await Promise.race([waitFor(condition, { ...wait, signal: giveUp.signal }), ended]);
  } finally {
    giveUp.abort();
  }
}

function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch {
    // No member of the group is left.
  }
}
