import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly isZombie: boolean;
}

/**
 * The ids of a process and of all its descendants that run now, the process itself first; empty when it is gone.
 * A process that has ended and was not yet collected by its parent does not count.
 */
export async function processTree(pid: number): Promise<number[]> {
  const rows = (await processTable()).filter((row) => !row.isZombie);
  const found = rows.some((row) => row.pid === pid) ? [pid] : [];
  for (const parent of found) {
    for (const row of rows) if (row.parentPid === parent) found.push(row.pid);
  }
  return found;
}

/** Those of the given process ids that still run. */
export async function stillRunning(pids: readonly number[]): Promise<number[]> {
  const rows = await processTable();
  return pids.filter((pid) => rows.some((row) => row.pid === pid && !row.isZombie));
}

async function processTable(): Promise<ProcessRow[]> {
  if (process.platform !== 'linux') return processTableFromPs();
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const rows = await Promise.all(pids.map((pid) => readStat(pid)));
  return rows.filter((row) => row !== undefined);
}

async function readStat(pid: string): Promise<ProcessRow | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The command's name stands in parentheses and may hold blanks and parentheses itself.
  const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || parentPid === undefined) return undefined;
  return { pid: Number(pid), parentPid: Number(parentPid), isZombie: state === 'Z' || state === 'X' };
}

async function processTableFromPs(): Promise<ProcessRow[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,state=']);
  return stdout.split('\n').flatMap((line) => {
    const [pid, parentPid, state] = line.trim().split(/\s+/);
    if (!pid || !parentPid || !state) return [];
    return [{ pid: Number(pid), parentPid: Number(parentPid), isZombie: state.startsWith('Z') }];
  });
}
