import { systemClock } from '@tessera/clock';
import {
  type ConfigOverrides,
  type Environment,
  formatProblems,
  loadConfigFile,
  type SecretUser,
  type TesseraConfig,
} from '@tessera/config';
import { assertExpressions } from './assert-expressions.ts';
import { CommandFailure } from './failure.ts';

/**
 * Reads the configuration file. There must be the secret files of `secretsOf`, as a process has only those of its own services;
 * default: all. Throws CommandFailure with all problems, and the warnings after them.
 */
export function loadConfiguration(
  file: string,
  env: Environment,
  { secretsOf, ...overrides }: ConfigOverrides & { readonly secretsOf?: readonly SecretUser[] } = {},
): { readonly config: TesseraConfig; readonly warnings: readonly string[] } {
  const result = loadConfigFile(file, env, overrides, systemClock, secretsOf === undefined ? {} : { secretsOf });
  if (result.ok) {
    assertExpressions(result.config);
    return result;
  }
  const warnings = result.warnings.map((warning) => `warning: ${warning}`);
  throw new CommandFailure([formatProblems(result.problems), ...warnings].join('\n'));
}
