import { systemClock } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import type { SchemaStep } from '@tessera/storage';
import { configFileArgument, parseArguments } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { CommandFailure } from '../command-line/failure.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import { reachSchema } from '../portable/reach-schema.ts';
import { processLogger } from '../process/process-logger.ts';

/**
 * `tessera migrate`: brings the schema of the durable store to this version, ahead of its processes, which would do the
 * same. With `--check` it only says what is missing, and ends with exit code 1 when something is.
 */
export const migrate: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, {
    config: { type: 'string' },
    check: { type: 'boolean', default: false },
  });
  const { config } = loadConfiguration(configFileArgument(values.config, positionals), terminal.env, {
    secretsOf: ['migration'],
  });
  const { storage } = config;
  const options = { clock: systemClock, logger: processLogger(config, 'migrate') };
  if (values.check) {
    const { pending } = await reachSchema(storage, options, (schema) => schema.check()).catch(asFinding);
    if (pending.length > 0) {
      throw new CommandFailure(
        `The schema of the ${storage.type} storage lacks ${named(pending)}. Run tessera migrate.`,
        {
          exitCode: 1,
        },
      );
    }
    terminal.out(`The schema of the ${storage.type} storage is that of this version.`);
    return 0;
  }
  const applied = await reachSchema(storage, options, (schema) => schema.migrate());
  terminal.out(
    applied.length === 0
      ? `Nothing to do: the schema of the ${storage.type} storage is that of this version.`
      : `Applied ${named(applied)} to the ${storage.type} storage.`,
  );
  return 0;
};

function named(steps: readonly SchemaStep[]): string {
  const names = steps.map(({ version, name }) => `${version} (${name})`);
  return `${steps.length === 1 ? 'migration' : 'migrations'} ${names.join(', ')}`;
}

/** A schema that this version does not work on is what the check was to find. */
function asFinding(error: unknown): never {
  if (!(error instanceof TesseraError) || error.code !== 'storage.cannot_open') throw error;
  throw new CommandFailure(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, {
    exitCode: 1,
    cause: error,
  });
}
