import type { RunningProcess } from './process.ts';
import { processTree, stillRunning } from './process-tree.ts';
import type { TempDirectory } from './temp-directory.ts';

/** What every server of the kit can do. */
export interface RestartableServer extends AsyncDisposable {
  /** Process id of the server's main process. @throws Error while the server is stopped. */
  readonly pid: number;
  /** The main process and its children at this moment; empty while the server is stopped. */
  pids(): Promise<number[]>;
  /** The last output of the server's current or last run, bounded. */
  output(): string;
  /** Stops the server and keeps its data and port; `SIGKILL` lets it crash. Does nothing when it is stopped. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the server again on the same data and port. Does nothing when it runs. */
  start(): Promise<void>;
  /** Stops the server for good and removes its directory. May be called twice. */
  close(): Promise<void>;
}

/** What {@link createRestartableServer} needs. */
export interface RestartableOptions {
  readonly name: string;
  /** Starts the server's process and waits until it is ready. */
  readonly launch: () => Promise<RunningProcess>;
  /** The server's directory, removed when it is closed. */
  readonly directory: TempDirectory;
  /** The signal of an ordinary stop; `SIGTERM` when left out. */
  readonly stopSignal?: NodeJS.Signals;
  /** The signal of a stop for good, after which nothing of its data is needed; that of an ordinary stop when left out. */
  readonly closeSignal?: NodeJS.Signals;
}

/**
 * Starts a server for the first time and returns the handle that stops and starts it.
 *
 * @throws Error when the first start fails; the directory is removed then.
 */
export async function createRestartableServer(options: RestartableOptions): Promise<RestartableServer> {
  const { name, launch, directory, stopSignal = 'SIGTERM', closeSignal = stopSignal } = options;
  let current: RunningProcess | undefined;
  const run = async (): Promise<RunningProcess> => {
    const running = await launch();
    current = running;
    // A server that ends by itself counts as stopped.
    void running.exited.then(() => {
      if (current === running) current = undefined;
    });
    return running;
  };
  let last = await run().catch(async (error: unknown) => {
    await directory.remove();
    throw error;
  });
  const stop = async (signal: NodeJS.Signals = stopSignal): Promise<void> => {
    const stopping = current;
    current = undefined;
    await stopping?.stop(signal);
  };
  const close = async (): Promise<void> => {
    await stop(closeSignal);
    await directory.remove();
  };
  return {
    get pid() {
      if (!current) throw new Error(`${name} is stopped`);
      return current.pid;
    },
    pids: async () => (current ? processTree(current.pid) : []),
    output: () => last.output(),
    stop,
    start: async () => {
      // A server may have ended before this process was told so.
      const before = current;
      if (before && (await stillRunning([before.pid])).length === 0) await before.exited;
      if (current) return;
      last = await run();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
