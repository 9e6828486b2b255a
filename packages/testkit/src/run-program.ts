import { execFile } from 'node:child_process';
import { childEnvironment } from './child-environment.ts';

/** A short run of a program. */
export interface ProgramRun {
  readonly command: string;
  readonly args: readonly string[];
  /** Written to its standard input. */
  readonly input?: string;
  /** Runs the program as this user; only root may give it. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly env?: Readonly<Record<string, string>>;
}

/** What a short run of a program gave. */
export interface ProgramResult {
  /** Its exit code; -1 when a signal ended it or it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 30_000;

/** Runs a program to its end, thirty seconds at most, and returns what it printed. Never rejects. */
export function tryProgram(run: ProgramRun): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const options = { timeout: TIMEOUT_MS, env: childEnvironment(run.env), maxBuffer: 16 * 1024 * 1024, cwd: '/' };
    const child = execFile(run.command, run.args, { ...options, ...run.user }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      const code = typeof error.code === 'number' ? error.code : -1;
      return resolve({ code, stdout, stderr: stderr === '' ? error.message : stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(run.input ?? '');
  });
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * @throws Error with what it printed when it fails.
 */
export async function runProgram(run: ProgramRun): Promise<string> {
  const { code, stdout, stderr } = await tryProgram(run);
  if (code !== 0) throw new Error(`${run.command} failed with code ${code}:\n${stdout}${stderr}`);
  return stdout;
}
