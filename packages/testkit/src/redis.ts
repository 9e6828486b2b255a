import { freePort } from './free-port.ts';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';
import { createRestartableServer, type RestartableServer } from './restartable-server.ts';
import { runProgram } from './run-program.ts';
import { tcpExchange } from './tcp-exchange.ts';
import { createTempDirectory } from './temp-directory.ts';

/** How {@link startRedis} sets the server up. */
export interface RedisOptions {
  /** The port; a free one when left out. */
  readonly port?: number;
  /**
   * What outlives a stop: nothing (`none`, when left out), or every command through the append-only file, written to
   * disk each second (`everysec`) or before the answer (`always`).
   */
  readonly persistence?: 'none' | 'everysec' | 'always';
  /** Further settings of `redis.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running Redis server without password or TLS. */
export interface RedisServer extends RestartableServer {
  readonly host: string;
  readonly port: number;
  /** `redis://host:port` */
  readonly url: string;
  /** Runs one command through `redis-cli` and returns what it prints. @throws Error with the error reply. */
  cli(...args: string[]): Promise<string>;
}

const HOST = '127.0.0.1';

/**
 * Starts Redis and waits until it answers PING.
 *
 * @throws MissingProgramError when redis-server is not installed.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const [command, cliCommand] = [await findProgram('redis-server'), await findProgram('redis-cli')];
  const port = options.port ?? (await freePort());
  const directory = await createTempDirectory('redis');
  const launch = () =>
    startProcess({
      name: 'Redis',
      command,
      args: settingsOf(options, port, directory.path).flatMap(([name, value]) => [`--${name}`, value]),
      cwd: directory.path,
      ports: [port],
      ready: async () => (await tcpExchange({ host: HOST, port }, 'PING\r\n')).toString().startsWith('+PONG'),
      orphanDirectories: [directory.path],
    });
  const server = await createRestartableServer({ name: 'Redis', launch, directory });
  return Object.assign(server, {
    host: HOST,
    port,
    url: `redis://${HOST}:${port}`,
    cli: async (...args: string[]) => {
      const output = await runProgram({
        command: cliCommand,
        args: ['-e', '-h', HOST, '-p', String(port), ...args],
      });
      return output.trimEnd();
    },
  });
}

function settingsOf(options: RedisOptions, port: number, directory: string): [string, string][] {
  const { persistence = 'none', settings } = options;
  const appendOnly = persistence === 'none' ? { appendonly: 'no' } : { appendonly: 'yes', appendfsync: persistence };
  const fixed = { bind: HOST, port: String(port), save: '', dir: directory, daemonize: 'no' };
  return Object.entries({ ...fixed, ...appendOnly, ...settings });
}
