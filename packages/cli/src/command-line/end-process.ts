/** How long something forgotten may keep a finished process alive. */
const LINGER_MS = 2_000;

/** Ends this process with an exit code as soon as its output is written; two seconds later at the latest. */
export function endProcess(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
