import { findProgram } from './missing-program.ts';
import { runProgram } from './run-program.ts';

/** A run of a script in Python. */
export interface PythonRun {
  /** Path of the script. */
  readonly script: string;
  /** Given to it as JSON on standard input. */
  readonly input: unknown;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a script with the system's own Python, which sees the modules of the system's packages and nothing else, and returns
 * the JSON that it printed, as it is.
 *
 * @throws MissingProgramError when there is none; Error with the traceback when the script fails; SyntaxError when it prints
 * something else than JSON.
 */
export async function runPython({ script, input, env = {} }: PythonRun): Promise<unknown> {
  const command = await findProgram('python3', '/usr/bin');
  // -I: neither PYTHON* variables nor modules of the user or beside the script count.
  return JSON.parse(await runProgram({ command, args: ['-I', script], input: JSON.stringify(input), env }));
}
