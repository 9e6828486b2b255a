import { readdir, readFile } from 'node:fs/promises';
import { waitFor } from './wait-for.ts';

/**
 * Suspends a process (SIGSTOP) and resolves when every thread of it has come to a stop: the signal is delivered to one
 * thread after the other, and until then the process may still answer. Linux only.
 */
export async function pauseProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await waitFor(() => isStopped(pid), { what: `process ${pid} to stop` });
}

async function isStopped(pid: number): Promise<boolean> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(tasks.map((task) => stateOf(`/proc/${pid}/task/${task}/stat`)));
  return states.every((state) => state === undefined || state === 'T');
}

/** The state of a thread (proc_pid_stat(5)); undefined when it has ended meanwhile. */
async function stateOf(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
}
