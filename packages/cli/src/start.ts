import { parseArguments } from './command-line/arguments.ts';
import { endProcess } from './command-line/end-process.ts';
import { loadConfiguration } from './command-line/load-configuration.ts';
import { processTerminal } from './command-line/process-terminal.ts';
import { reportFailure } from './command-line/run-command.ts';
import { allTargets } from './compose/targets.ts';
import { startApplication } from './embedded/start-application.ts';
import { defaultConfigFile, welcomeText } from './embedded/welcome.ts';
import { processLogger, processTracing } from './process/process-logger.ts';
import { runUntilSignal } from './process/run-until-signal.ts';
import { startTessera } from './process/start-tessera.ts';

/** `npm start`: the whole issuer and the example application in one process. */
async function start(args: readonly string[]): Promise<number> {
  const { values } = parseArguments(args, {
    config: { type: 'string', default: defaultConfigFile },
    'no-app': { type: 'boolean', default: false },
  });
  const { config, warnings } = loadConfiguration(values.config, terminal.env);
  const logger = processLogger(config, allTargets.name);
  for (const warning of warnings) logger.warn({}, warning);
  const tracing = await processTracing(config, terminal.env, allTargets.name);
  const code = await runUntilSignal({
    terminal,
    logger,
    shutdown: config.shutdown,
    async start() {
      const application = values['no-app'] ? undefined : await startApplication(config);
      const tessera = await startTessera({ config, fileName: values.config, targets: allTargets, logger }).catch(
        async (error: unknown) => {
          await application?.close();
          throw error;
        },
      );
      const close = async (graceMs: number): Promise<void> => {
        await application?.close();
        await tessera.close(graceMs);
      };
      return { application, leave: () => tessera.leave(), close };
    },
    started({ application }) {
      terminal.out(
        welcomeText({
          config,
          configFile: values.config,
          applicationUrl: application?.url,
          headline: 'Tessera is running: one issuer in one process.',
          commands: [
            ['npm run tessera help', 'shows every command'],
            ['npm run start:services', 'runs the same issuer as separate services behind nginx'],
          ],
        }),
      );
    },
  });
  await tracing.close();
  return code;
}

const terminal = processTerminal();
endProcess(await reportFailure(terminal, () => start(process.argv.slice(2))));
