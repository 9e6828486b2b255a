import { spawn } from 'node:child_process';
import { childEnvironment } from './child-environment.ts';

/** What is cleared away when the parent process is gone. */
export interface ReaperOptions {
  /** The process group that is ended; its leader's process id. */
  readonly groupId: number;
  /** The first signal sent to the leader, without `SIG`; the whole group gets KILL two seconds later. `KILL` when left out. */
  readonly signal?: string;
  /** Directories removed once the group is gone. */
  readonly directories?: readonly string[];
}

/** The watch over a server on behalf of its parent. */
export interface Reaper {
  /** Ends the watch and touches nothing: the server has been stopped in the ordinary way. */
  dismiss(): void;
}

// It waits for the end of its standard input, which comes when the parent closes the pipe or dies, however it dies.
// A process that has ended but was not collected (no init in a container) counts as gone.
const SCRIPT = `
read -r _ && exit 0
group=$1; signal=$2; shift 2
remains() { kill -0 "$1" && ! grep -qs '^State:.*zombie' "/proc/$group/status"; }
kill -s "$signal" "$group"
tries=0
while remains "$group" && [ "$tries" -lt 40 ]; do sleep 0.05; tries=$((tries + 1)); done
kill -s KILL -- "-$group"
while remains "-$group" && [ "$tries" -lt 80 ]; do sleep 0.05; tries=$((tries + 1)); done
rm -rf -- "$@"
`;

/**
 * Starts a small shell beside a server that kills the server when this process ends without having stopped it, even
 * when this process is killed with SIGKILL or only the worker thread that started the server is ended. The shell is in
 * a process group of its own and does not keep this process alive.
 */
export function startReaper(options: ReaperOptions): Reaper {
  const { groupId, signal = 'KILL', directories = [] } = options;
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'reaper', String(groupId), signal, ...directories], {
    detached: true,
    env: childEnvironment(),
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  unrefPipe(shell.stdin);
  return {
    dismiss() {
      shell.stdin.end('dismissed\n');
    },
  };
}

function unrefPipe(pipe: object): void {
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
}
