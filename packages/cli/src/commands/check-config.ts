import { effectiveYaml } from '@tessera/config';
import { configFileArgument, parseArguments } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';

/** `tessera check-config FILE`: the configuration on standard output, warnings on standard error. */
export const checkConfig: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, { config: { type: 'string' } });
  const { config, warnings } = loadConfiguration(configFileArgument(values.config, positionals), terminal.env);
  for (const warning of warnings) terminal.err(`warning: ${warning}`);
  terminal.out(effectiveYaml(config).trimEnd());
  return 0;
};
