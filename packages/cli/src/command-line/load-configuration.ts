import {
  type ConfigOverrides,
  type Environment,
  formatProblems,
  loadConfigFile,
  type TesseraConfig,
} from '@tessera/config';
import { assertExpressions } from './assert-expressions.ts';
import { CommandFailure } from './failure.ts';

/** Reads the configuration file. Throws CommandFailure with all problems, and the warnings after them. */
export function loadConfiguration(
  file: string,
  env: Environment,
  overrides: ConfigOverrides = {},
): { readonly config: TesseraConfig; readonly warnings: readonly string[] } {
  const result = loadConfigFile(file, env, overrides);
  if (result.ok) {
    assertExpressions(result.config);
    return result;
  }
  const warnings = result.warnings.map((warning) => `warning: ${warning}`);
  throw new CommandFailure([formatProblems(result.problems), ...warnings].join('\n'));
}
