import {
  type ConfigOverrides,
  type Environment,
  formatProblems,
  loadConfigFile,
  type TesseraConfig,
} from '@tessera/config';
import { CommandFailure } from './failure.ts';

/** Reads the configuration file. Throws CommandFailure with all problems. */
export function loadConfiguration(
  file: string,
  env: Environment,
  overrides: ConfigOverrides = {},
): { readonly config: TesseraConfig; readonly warnings: readonly string[] } {
  const result = loadConfigFile(file, env, overrides);
  if (!result.ok) throw new CommandFailure(formatProblems(result.problems));
  return result;
}
