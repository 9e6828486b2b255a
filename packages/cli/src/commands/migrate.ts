import { configFileArgument, parseArguments } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import { withStorage } from './open-storage.ts';

/** `tessera migrate`: opening the stores migrates them; this does just that, ahead of a new version's processes. */
export const migrate: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, { config: { type: 'string' } });
  const { config } = loadConfiguration(configFileArgument(values.config, positionals), terminal.env);
  await withStorage(config, 'migrate', async () => undefined);
  terminal.out(`The tables of the ${config.storage.type} storage are those of this version.`);
  return 0;
};
