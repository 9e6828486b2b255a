import { readPlainLine, readSecretLine } from './read-line.ts';
import type { EndSignal, Terminal } from './terminal.ts';

/** Set by the launcher of the npm scripts: it passes signals on that a keyboard may have sent to this process as well. */
const RELAYED = 'TESSERA_SIGNALS_RELAYED';
/** Repetitions of one relayed signal within this time are the same signal. */
const RELAY_WINDOW_MS = 500;

/** The terminal of the running process. */
export function processTerminal(): Terminal {
  const { env } = process;
  const isRelayed = env[RELAYED] === '1';
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  return {
    env,
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    input: process.stdin,
    output: process.stdout,
    readSecret: (prompt) => readSecretLine(prompt, process.stdin, process.stderr),
    readLine: (prompt) => readPlainLine(prompt, process.stdin, process.stderr),
    isInteractive: process.stdin.isTTY === true,
    onSignal(listener) {
      const handler = isRelayed ? once(listener) : listener;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, handler);
      return () => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, handler);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** Whoever read the output has seen enough; the work goes on to its end. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function once(listener: (signal: EndSignal) => void): (signal: EndSignal) => void {
  const lastMs = new Map<EndSignal, number>();
  return (signal) => {
    const nowMs = performance.now();
    const isRepetition = nowMs - (lastMs.get(signal) ?? Number.NEGATIVE_INFINITY) < RELAY_WINDOW_MS;
    lastMs.set(signal, nowMs);
    if (!isRepetition) listener(signal);
  };
}
