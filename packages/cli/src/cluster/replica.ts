import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '@tessera/contracts';
import { type RunningProcess, startProcess } from '@tessera/testkit';

/** One process of a run. */
export interface Replica {
  readonly service: ServiceName;
  /** Counts from 0 within the service. */
  readonly replica: number;
  /** What its gRPC and HTTP listen on; undefined when it has none. */
  readonly grpc: string | undefined;
  readonly http: string | undefined;
  /** Of the present process. Throws Error while there is none. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** How often it was started anew after it had ended by itself or by `kill`. */
  readonly restarts: number;
  /** Sends a signal. One that ends the process makes the run start it anew, unless restarts are off. */
  kill(signal: NodeJS.Signals): void;
  /** Drains the process and leaves it stopped. */
  stop(): Promise<void>;
  /** Starts it and waits until it is ready. Does nothing while it runs. */
  start(): Promise<void>;
  /** `stop`, then `start`. */
  restart(): Promise<void>;
  /** Drains the process and starts it from another checkout, as `ReplicaOptions.checkout` says; the same ports, the same configuration. */
  replaceBy(checkout: string): Promise<void>;
  /** The last output of all its lives, the newest last. */
  output(): string;
}

/** How a replica is started. */
export interface ReplicaOptions {
  readonly service: ServiceName;
  readonly replica: number;
  readonly grpc: string | undefined;
  readonly http: string | undefined;
  readonly configFile: string;
  /** Whether it is started anew when it ends without having been asked to. */
  readonly restarts: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Root of the checkout whose code it runs, such as that of an earlier version with its dependencies; this one when left out. */
  readonly checkout?: string | undefined;
}

const SHORTEST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
const READY_TIMEOUT_MS = 30_000;
const KEPT_OUTPUT = 65_536;
const ownCheckout = fileURLToPath(new URL('../../../../', import.meta.url));

/** Makes a replica that is not started yet. */
export function createReplica(options: ReplicaOptions): Replica {
  const { service, replica, grpc, http } = options;
  let current: RunningProcess | undefined;
  let starting: Promise<void> | undefined;
  let isWanted = false;
  let restarts = 0;
  let earlier = '';
  let checkout = options.checkout ?? ownCheckout;

  const launch = async (): Promise<void> => {
    const running = await startProcess(processOptions(options, checkout));
    current = running;
    void running.exited.then(() => {
      earlier = `${earlier}${running.output()}`.slice(-KEPT_OUTPUT);
      current = undefined;
      if (isWanted && options.restarts) void keepStarting();
    });
    if (!isWanted) await running.stop();
  };
  const keepStarting = async (): Promise<void> => {
    for (let pauseMs = SHORTEST_BACKOFF_MS; isWanted && current === undefined; pauseMs = longer(pauseMs)) {
      await delay(pauseMs);
      if (!isWanted || current !== undefined) return;
      restarts += 1;
      await begin().catch((error: unknown) => {
        earlier = `${earlier}${error instanceof Error ? error.message : String(error)}\n`.slice(-KEPT_OUTPUT);
      });
    }
  };
  const begin = (): Promise<void> => {
    starting ??= launch().finally(() => {
      starting = undefined;
    });
    return starting;
  };
  const stop = async (): Promise<void> => {
    isWanted = false;
    await starting?.catch(() => undefined);
    await current?.stop();
  };
  const start = async (): Promise<void> => {
    isWanted = true;
    if (current === undefined) await begin();
  };
  return {
    service,
    replica,
    grpc,
    http,
    get pid() {
      if (current === undefined) throw new Error(`${service} ${replica} does not run`);
      return current.pid;
    },
    get isRunning() {
      return current !== undefined;
    },
    get restarts() {
      return restarts;
    },
    kill: (signal) => current?.kill(signal),
    stop,
    start,
    async restart() {
      await stop();
      await start();
    },
    async replaceBy(other) {
      await stop();
      checkout = other;
      await start();
    },
    output: () => `${earlier}${current?.output() ?? ''}`.slice(-KEPT_OUTPUT),
  };
}

function longer(pauseMs: number): number {
  return Math.min(2 * pauseMs, LONGEST_BACKOFF_MS);
}

function processOptions(options: ReplicaOptions, checkout: string): Parameters<typeof startProcess>[0] {
  const { service, replica, grpc, http, configFile, env } = options;
  const listen = [...(grpc === undefined ? [] : ['--grpc', grpc]), ...(http === undefined ? [] : ['--http', http])];
  const program = join(checkout, 'packages', 'cli', 'src', 'main.ts');
  return {
    name: `${service} ${replica}`,
    command: process.execPath,
    args: ['--conditions=source', program, 'serve', '--config', configFile, '--target', service, ...listen],
    env,
    cwd: process.cwd(),
    ports: [grpc, http].flatMap((address) => (address === undefined ? [] : [Number(address.split(':')[1])])),
    ready: new RegExp(`^${service} is ready for `, 'm'),
    readyTimeoutMs: READY_TIMEOUT_MS,
    orphanSignal: 'TERM',
  };
}
