import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time the kernel has charged to process trees, read from /proc. Linux only. */
export interface CpuClock {
  /**
   * Milliseconds of CPU, user and system, that the processes and all their descendants have used since they began.
   * Includes threads and processes that have ended meanwhile, as far as their parents have collected them.
   */
  usedMs(rootPids: readonly number[]): number;
}

/** One process in /proc. Times are in ticks of the kernel's clock. */
export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system time of all its threads, and of the children it has collected. */
  readonly ticks: number;
}

/** Reads the kernel's accounting with the clock of this machine. Throws where `getconf` or /proc is missing. */
export function createCpuClock(): CpuClock {
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).trim());
  return {
    usedMs: (rootPids) => (treeTicks(processTable(), rootPids) * 1000) / ticksPerSecond,
  };
}

/**
 * Ticks of the processes and their descendants. When a child ends and its parent collects it, the child's own time moves
 * to the parent's time of collected children, so the sum over a tree loses nothing between two readings.
 */
export function treeTicks(table: readonly ProcessStat[], rootPids: readonly number[]): number {
  const members = new Set(rootPids);
  const queue = [...members];
  for (const parent of queue) {
    for (const { pid, parentPid } of table) {
      if (parentPid !== parent || members.has(pid)) continue;
      members.add(pid);
      queue.push(pid);
    }
  }
  return table.reduce((sum, { pid, ticks }) => (members.has(pid) ? sum + ticks : sum), 0);
}

/** Reads `/proc/<pid>/stat` (proc_pid_stat(5)); undefined for a text that is none. */
export function parseStat(text: string): ProcessStat | undefined {
  // The command's name stands in parentheses and may hold blanks and parentheses itself.
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const parentPid = Number(fields[1]);
  // Fields 14 to 17: utime, stime, cutime, cstime; the first field after the name is the third.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return Number.isInteger(pid) && fields.length > 15 && Number.isFinite(ticks) ? { pid, parentPid, ticks } : undefined;
}

function processTable(): readonly ProcessStat[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = parseStat(readFileSync(`/proc/${entry}/stat`, 'utf8'));
      return stat === undefined ? [] : [stat];
    } catch {
      // It ended between the listing and the reading; its parent has its time now or at the next reading.
      return [];
    }
  });
}
