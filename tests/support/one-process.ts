import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTempDirectory, freePort, startProcess } from '@tessera/testkit';
import { stringify } from 'yaml';

/** Tessera as one process, as `tessera serve` starts it, on a database of its own. */
export interface OneProcess {
  readonly issuer: string;
  readonly configFile: string;
  readonly pid: number;
  output(): string;
  /** Ends the process as Ctrl-C or a crash does, and leaves its database. Returns its exit code. */
  stop(signal?: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Starts it again after `stop`. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** How it is started. */
export interface OneProcessOptions {
  /** The configuration without stores and addresses. */
  readonly config: Readonly<Record<string, unknown>>;
  /** A free one when left out; then the configuration's issuer is replaced too. */
  readonly port?: number;
  /** The block `storage`; a SQLite file of its own when left out. */
  readonly storage?: Readonly<Record<string, unknown>>;
}

/** Starts `tessera serve --target all` and resolves when it answers. */
export async function startOneProcess(options: OneProcessOptions): Promise<OneProcess> {
  const directory = await createTempDirectory('one-process');
  const port = options.port ?? (await freePort());
  const issuer = `http://127.0.0.1:${port}/dex`;
  const configFile = join(directory.path, 'tessera.yaml');
  const config = {
    ...options.config,
    issuer,
    storage: options.storage ?? { type: 'sqlite3', config: { file: join(directory.path, 'tessera.db') } },
    web: { http: `127.0.0.1:${port}` },
  };
  await writeFile(configFile, stringify(config));
  const launch = () =>
    startProcess({
      name: 'tessera',
      command: process.execPath,
      args: ['--conditions=source', MAIN, 'serve', '--config', configFile],
      ready: async () => (await fetch(`${issuer}/healthz`).catch(() => undefined))?.status === 200,
      readyTimeoutMs: 30_000,
    });
  let running = await launch();
  const stop = async (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> => {
    running.kill(signal);
    return (await running.exited).code;
  };
  return {
    issuer,
    configFile,
    get pid() {
      return running.pid;
    },
    output: () => running.output(),
    stop,
    async start() {
      running = await launch();
    },
    async close() {
      await running.stop();
      await directory.remove();
    },
  };
}
