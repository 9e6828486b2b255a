import { readFile } from 'node:fs/promises';
import { parseReplicas } from './cluster/replica-plan.ts';
import { startCluster } from './cluster/start-cluster.ts';
import { parseArguments } from './command-line/arguments.ts';
import { endProcess } from './command-line/end-process.ts';
import { loadConfiguration } from './command-line/load-configuration.ts';
import { processTerminal } from './command-line/process-terminal.ts';
import { reportFailure } from './command-line/run-command.ts';
import { startApplication } from './embedded/start-application.ts';
import { defaultConfigFile, welcomeText } from './embedded/welcome.ts';
import { assertCanListen } from './process/listen-failure.ts';
import { processLogger } from './process/process-logger.ts';
import { runUntilSignal } from './process/run-until-signal.ts';

const DEFAULT_ISSUER_PORT = '5556';

/** `npm run start:services`: every service a process of its own, real databases, nginx in front, the example application. */
async function startServices(args: readonly string[]): Promise<number> {
  const { values } = parseArguments(args, {
    config: { type: 'string', default: defaultConfigFile },
    replicas: { type: 'string', default: '' },
    'no-app': { type: 'boolean', default: false },
  });
  const { config } = loadConfiguration(values.config, terminal.env);
  const replicas = parseReplicas(values.replicas);
  const issuerPort = Number(new URL(config.issuer).port || DEFAULT_ISSUER_PORT);
  await assertCanListen({ address: `127.0.0.1:${issuerPort}`, source: 'issuer' }, values.config);
  terminal.out('Starting PostgreSQL, Redis, nginx and the services …');
  return runUntilSignal({
    terminal,
    logger: processLogger(config, 'services'),
    shutdown: config.shutdown,
    async start() {
      const cluster = await startCluster({ config: await readFile(values.config, 'utf8'), replicas, issuerPort });
      const running = { ...config, issuer: cluster.issuer };
      const application = await (values['no-app'] ? undefined : startApplication(running))?.catch(
        async (error: unknown) => {
          await cluster.close();
          throw error;
        },
      );
      const close = async (): Promise<void> => {
        await application?.close();
        await cluster.close();
      };
      return { cluster, application, running, close };
    },
    started({ cluster, application, running }) {
      terminal.out(
        welcomeText({
          config: running,
          configFile: values.config,
          applicationUrl: application?.url,
          headline: 'Tessera is running: one issuer made of separate services.',
          rows: [
            ['Gateway', `nginx, process ${cluster.gateway.pid}`],
            ['PostgreSQL', `${cluster.postgres.host}:${cluster.postgres.port}`],
            ['Redis', `${cluster.redis.host}:${cluster.redis.port}`],
            ...cluster.processes.map(
              ({ service, replica, pid, http, grpc }) =>
                [
                  `${service} ${replica + 1}`,
                  `process ${pid}, ${[http && `http ${http}`, grpc && `grpc ${grpc}`].filter(Boolean).join(', ')}`,
                ] as const,
            ),
          ],
          commands: [
            ['npm run start:services -- --replicas token=3', 'runs three token services'],
            ['kill -9 PROCESS', 'kills one: it is started anew, and nothing is lost'],
          ],
        }),
      );
    },
  });
}

const terminal = processTerminal();
endProcess(await reportFailure(terminal, () => startServices(process.argv.slice(2))));
