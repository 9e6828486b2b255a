import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { processTree } from '../process-tree.ts';
import { tryCommand } from './run-command.ts';

/** How the names of this process's own folders begin among those of {@link removeLeftOvers}. */
export async function runPrefix(): Promise<string> {
  return `${process.pid}-${await startOf(process.pid)}-`;
}

/**
 * Removes what processes left behind that ended without closing their container host: their containers' processes and
 * their folders.
 *
 * @param runs holds a folder for each run, whose name begins with {@link runPrefix}.
 * @returns how many runs are still going on.
 */
export async function removeLeftOvers(runs: string): Promise<number> {
  let living = 0;
  for (const name of await readdir(runs).catch(() => [])) {
    const [pid = '', start = ''] = name.split('-');
    if ((await startOf(Number(pid))) === start) living += 1;
    else await removeRun(join(runs, name));
  }
  return living;
}

/** Where the engine of a run keeps what is small and need not last; its path is short whatever that of the run is. */
export function stateFolder(run: string): string {
  return join('/run/tessera', basename(run));
}

/** Ends the containers of a run that has no engine any more, and removes its folders. */
export async function removeRun(folder: string): Promise<void> {
  for (const pid of await monitors(folder)) {
    for (const member of await processTree(pid)) kill(member);
  }
  for (const part of [stateFolder(folder), folder]) {
    for (const mount of await mountsBelow(part)) await tryCommand(['umount', '--lazy', mount]);
    await rm(part, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The processes that watch over the containers of a run: the engine starts each with the folder as an argument. */
async function monitors(folder: string): Promise<number[]> {
  const found = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [program = '', ...args] = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (/(^|\/)conmon$/.test(program) && args.some((arg) => arg.startsWith(`${folder}/`))) found.push(Number(name));
  }
  return found;
}

/** The mounts that this process sees in a folder, inner ones first. */
async function mountsBelow(folder: string): Promise<string[]> {
  const rows = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((row) => row.split(' ')[4] ?? '');
  return rows.filter((path) => path.startsWith(`${folder}/`)).reverse();
}

/** When a process began, in ticks since the machine started; empty when it is gone. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc_pid_stat(5): the 22nd field; the second, a name in parentheses, may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
