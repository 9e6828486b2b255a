import { type ParseArgsConfig, type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { CommandFailure } from './failure.ts';

type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; allowPositionals: true; strict: true }>
>;

/** The options and positional arguments of a command. Throws CommandFailure with what is wrong and where the help is. */
export function parseArguments<const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O): Parsed<O> {
  const config = {
    args: joinDashed(args, options),
    options,
    allowPositionals: true,
    strict: true,
  } as const satisfies ParseArgsConfig;
  try {
    return parseArgs(config);
  } catch (error) {
    const [sentence = ''] = error instanceof Error ? error.message.split('. ') : [];
    throw usageFailure(sentence.replace(/\.$/, ''), error);
  }
}

/** A value may begin with a dash, as ids in base64url do: `--kid -x` is `--kid=-x`. */
function joinDashed(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const name = joined.at(-1)?.replace(/^--/, '') ?? '';
    const takesValue = joined.at(-1) === `--${name}` && options[name]?.type === 'string';
    if (takesValue && /^-[^-]/.test(arg)) joined[joined.length - 1] = `--${name}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** A failure that tells how to find help. */
export function usageFailure(sentence: string, cause?: unknown): CommandFailure {
  return new CommandFailure(`${sentence}. See: tessera help`, { cause });
}

/**
 * The configuration file of a command: `--config FILE`, or the only positional argument, as Dex takes it.
 * Throws CommandFailure when there is none or more than one.
 */
export function configFileArgument(option: string | undefined, positionals: readonly string[]): string {
  const files = [...(option === undefined ? [] : [option]), ...positionals];
  const [file] = files;
  if (file === undefined || file === '') throw usageFailure('Name the configuration file with --config FILE');
  if (files.length > 1) throw usageFailure(`One configuration file is needed, not ${files.length}`);
  return file;
}
