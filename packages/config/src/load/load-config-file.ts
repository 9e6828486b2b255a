import { readFileSync } from 'node:fs';
import { type Clock, systemClock } from '@tessera/clock';
import type { Environment } from './environment-expansion.ts';
import { type ConfigResult, type ConfigSource, loadConfig } from './load-config.ts';
import type { ConfigOverrides } from './overrides.ts';

/** Far above any real secret; a file name typed wrong (a disk image, say) must not fill the memory. */
const maxSecretCharacters = 64 * 1024;

/**
 * Reads and checks a configuration file; secret files it names are read as well. Meant for the start of a process, so it reads
 * synchronously. A file that cannot be read is one problem.
 *
 * @param env Environment variables, usually `process.env` of the command.
 * @param overrides Values of the command line.
 * @param clock For warnings about secrets that have ended.
 * @param reading Whose secrets there must be.
 */
export function loadConfigFile(
  path: string,
  env: Environment,
  overrides: ConfigOverrides = {},
  clock: Pick<Clock, 'now'> = systemClock,
  reading: Pick<ConfigSource, 'secretsOf'> = {},
): ConfigResult {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const message = `the configuration file ${readFault(error)}`;
    return { ok: false, problems: [{ path: '', message, fileName: path }], warnings: [] };
  }
  return loadConfig({ text, fileName: path, env, readFile: readSecretFile, overrides, now: clock.now(), ...reading });
}

function readSecretFile(path: string): string {
  const text = readFileSync(path, 'utf8');
  if (text.length > maxSecretCharacters) throw new Error('the file is too large to be a secret');
  return text;
}

const faults: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'does not exist',
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: permission denied',
  EISDIR: 'is a folder',
  ENOTDIR: 'does not exist: a part of its path is not a folder',
};

function readFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return faults[code] ?? 'cannot be read';
}
