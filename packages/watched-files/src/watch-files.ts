import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, createPause } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';

/** What files say, as it was when they were last good. */
export interface FileWatch<T> {
  current(): T;
  /** Calls back with every new value, after {@link FileWatch.current} gives it; what it returns ends that. */
  onChange(listener: (value: T) => void): () => void;
  /** Looks now. Never rejects. */
  check(): Promise<void>;
  close(): void;
}

/** What a watch is made of. */
export interface FileWatchOptions<T> {
  /** Read together, so that a certificate is never used with another's key. */
  readonly files: readonly string[];
  /** What their contents come to, in the order of `files`. Throws when they cannot be used. */
  readonly load: (contents: readonly Buffer[]) => T;
  /** For the log, e.g. `the certificate of token`. */
  readonly what: string;
  readonly clock: Pick<Clock, 'schedule'>;
  readonly logger: Logger;
  /** Time between two looks. Default 10 s. */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 10_000;
/** A file that says the same for so long is written to its end, or replaced at once. */
const SETTLE_MS = 50;
/** A writer that is not done after so many of these pauses is looked at again at the next look. */
const MAX_SETTLING = 10;

/**
 * Reads files now, and looks again and again whether they say something else: they are compared by content, as mounted
 * secrets are replaced by links. While they cannot be read or used, as when a certificate has come before its key or a file is
 * being written, what was good stays, and the log says so once.
 *
 * @throws what reading or `load` throws at first.
 */
export function watchFiles<T>(options: FileWatchOptions<T>): FileWatch<T> {
  const { files, load, what, clock, logger, intervalMs = INTERVAL_MS } = options;
  const listeners = new Set<(value: T) => void>();
  const pause = createPause(clock);
  let contents: readonly Buffer[] = files.map((file) => readFileSync(file));
  let value = load(contents);
  let complaint: string | undefined;
  let running: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    try {
      const read = await readSettled(files, contents);
      if (!areEqual(read, contents)) {
        const next = load(read);
        [contents, value] = [read, next];
        logger.info({ files }, `${what} has changed and is used from now on`);
        for (const listener of listeners) listener(next);
      }
      complaint = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== complaint)
        logger.warn({ err: error, files }, `${what} cannot be used as it is now; the former stays`);
      complaint = reason;
    }
  };
  const check = (): Promise<void> => {
    running ??= look().finally(() => {
      running = undefined;
    });
    return running;
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      await pause.for(intervalMs);
      if (pause.isEnded()) return;
      await check();
    }
  };
  void watch();
  return {
    current: () => value,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    check,
    close: () => pause.end(),
  };
}

/** What the files say once they are not written to any more; `known` at once. */
async function readSettled(files: readonly string[], known: readonly Buffer[]): Promise<readonly Buffer[]> {
  let read = await readAll(files);
  for (let pause = 0; pause < MAX_SETTLING; pause += 1) {
    if (areEqual(read, known)) return read;
    const before = read;
    await sleep(SETTLE_MS);
    read = await readAll(files);
    if (areEqual(read, before)) return read;
  }
  throw new Error('it is being written to all the time');
}

function readAll(files: readonly string[]): Promise<readonly Buffer[]> {
  return Promise.all(files.map((file) => readFile(file)));
}

function areEqual(left: readonly Buffer[], right: readonly Buffer[]): boolean {
  return left.every((content, index) => content.equals(right[index] ?? Buffer.alloc(0)));
}
