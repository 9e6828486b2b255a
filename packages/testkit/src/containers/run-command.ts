import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../child-environment.ts';
import type { ProgramResult } from '../run-program.ts';

/** How a command is run. */
export interface CommandOptions {
  /** Written to its standard input. */
  readonly input?: string | Buffer;
  /** Killed after so many milliseconds; a minute when left out. */
  readonly timeoutMs?: number;
  /** Variables on top of those of a started server. */
  readonly env?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 60_000;
/** What a daemon that the command leaves behind may hold of its pipes is not waited for longer than this. */
const PIPES_MS = 250;

/** Runs a command to its end and returns what it printed. Never rejects. */
export async function tryCommand(command: readonly string[], options: CommandOptions = {}): Promise<ProgramResult> {
  const [program = '', ...args] = command;
  const { input = '', timeoutMs = TIMEOUT_MS, env } = options;
  const child = spawn(program, args, { cwd: '/', env: childEnvironment(env) });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      printed[name] += text;
    });
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const closed = once(child, 'close').catch(() => undefined);
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const { code, reason } = await endOf(child);
  clearTimeout(late);
  await Promise.race([closed, delay(PIPES_MS, undefined, { ref: false })]);
  const stderr = `${printed.stderr}${isLate ? `killed after ${timeoutMs} ms` : reason}`;
  return { code, stdout: printed.stdout, stderr };
}

/**
 * Runs a command to its end and returns its standard output.
 *
 * @throws Error with what it printed when it fails.
 */
export async function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(command, options);
  if (code !== 0) throw new Error(`${command.join(' ')} failed with code ${code}:\n${stdout}${stderr}`);
  return stdout;
}

function endOf(child: ChildProcess): Promise<{ readonly code: number; readonly reason: string }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: -1, reason: error.message }));
    child.once('exit', (code, signal) => {
      resolve({ code: code ?? -1, reason: signal === null ? '' : `ended by ${signal}` });
    });
  });
}
