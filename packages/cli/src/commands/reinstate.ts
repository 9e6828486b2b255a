import { configFileArgument, parseArguments } from '../command-line/arguments.ts';
import type { CommandRun } from '../command-line/command.ts';
import { loadConfiguration } from '../command-line/load-configuration.ts';
import { assertOutlivesProcess, withPresentStore } from '../portable/open-durable.ts';

/** `tessera reinstate`: a store that was exported with `--retire` takes changes again. */
export const reinstate: CommandRun = async (args, terminal) => {
  const { values, positionals } = parseArguments(args, { config: { type: 'string' } });
  const { config } = loadConfiguration(configFileArgument(values.config, positionals), terminal.env, {
    secretsOf: ['migration'],
  });
  assertOutlivesProcess(config);
  await withPresentStore(config, 'reinstate', (store) => store.reinstate());
  terminal.out(`The ${config.storage.type} storage takes changes again.`);
  return 0;
};
