import { Worker } from 'node:worker_threads';
import type { Clock } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import { currentContext } from '@tessera/telemetry';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { restoreError } from './carried-error.ts';
import type { Answer, Call, OperationName, Request, Response, SqliteOperations, WorkerOptions } from './protocol.ts';

/** The thread that owns a database, as everybody else sees it. */
export interface SqliteThread {
  /**
   * Runs an operation. Those that arrive while the thread is busy go to it together. `argsNow` is asked for the arguments
   * when they leave, so that a moment among them is not one of long ago. Rejects with a TesseraError.
   */
  run<Name extends OperationName>(
    name: Name,
    argsNow: () => Parameters<SqliteOperations[Name]>,
  ): Promise<ReturnType<SqliteOperations[Name]>>;
  /** Whether it ended by itself. */
  isLost(): boolean;
  /** Waits for what is under way, closes the database and ends the thread. May be called twice. */
  close(): Promise<void>;
}

interface Waiting {
  readonly name: OperationName;
  readonly argsNow: () => readonly unknown[];
  /** By the clock's `monotonicMs`. */
  readonly deadlineMs: number;
  readonly settle: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

/** Most calls in one transaction. */
const LARGEST_BATCH = 256;
/** Most calls that wait for their turn. */
const LONGEST_QUEUE = 10_000;
/** How long an operation is worth running where the caller sets no deadline, in milliseconds. */
const LONGEST_PATIENCE_MS = 30_000;

/**
 * Starts the thread and opens the database in it.
 *
 * @throws TesseraError `storage.cannot_open` with the path and the reason.
 */
export async function startSqliteThread(options: WorkerOptions, clock: Clock): Promise<SqliteThread> {
  const worker = startWorker(options);
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  await opened(worker);
  return createThread(worker, exited, clock);
}

/** Run from source it is the source that the thread loads, with the same condition for the packages it imports. */
function startWorker(options: WorkerOptions): Worker {
  const source = new URL('./worker.ts', import.meta.url);
  const isSource = import.meta.url.endsWith('.ts');
  const main = isSource ? source : new URL('./worker.js', import.meta.url);
  return new Worker(main, {
    name: 'sqlite',
    workerData: options,
    ...(isSource ? { execArgv: ['--conditions=source'] } : {}),
  });
}

function opened(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (response: Response) => {
      worker.off('error', reject);
      if (response.type === 'failed') reject(restoreError(response.error));
      else resolve();
    });
  });
}

function createThread(worker: Worker, exited: Promise<void>, clock: Clock): SqliteThread {
  const queue: Waiting[] = [];
  let underWay: readonly Waiting[] = [];
  let isClosed = false;
  let isLost = false;
  let onIdle: (() => void) | undefined;
  const say = (request: Request): void => worker.postMessage(request);

  const sendNext = (): void => {
    if (underWay.length > 0) return;
    underWay = queue.splice(0, LARGEST_BATCH);
    if (underWay.length > 0) {
      worker.ref();
      const nowMs = clock.monotonicMs();
      try {
        say({
          type: 'run',
          calls: underWay.map(({ name, argsNow, deadlineMs }) => ({
            name,
            args: argsNow() as unknown as Call['args'],
            patienceMs: deadlineMs - nowMs,
          })),
        });
      } catch (thrown) {
        // What cannot travel between threads, of which nothing has left.
        const failed = underWay;
        underWay = [];
        for (const { fail } of failed) fail(TesseraError.from(thrown));
        sendNext();
      }
      return;
    }
    // A thread that has nothing to do keeps no process alive.
    worker.unref();
    onIdle?.();
  };
  const failAll = (cause?: unknown): void => {
    isLost ||= !isClosed;
    isClosed = true;
    const failed = [...underWay, ...queue.splice(0)];
    underWay = [];
    for (const { fail } of failed) fail(storeUnavailable('SQLite', cause));
    onIdle?.();
  };
  worker.on('message', (response: Response) => {
    if (response.type !== 'answers') return;
    const settled = underWay;
    underWay = [];
    sendNext();
    for (const [index, { settle, fail }] of settled.entries()) {
      const answer = response.answers[index];
      if (answer === undefined) fail(storeUnavailable('SQLite'));
      else settle(answer);
    }
  });
  worker.on('error', failAll);
  void exited.then(failAll);
  worker.unref();

  return {
    isLost: () => isLost,
    run: (name, argsNow) =>
      new Promise((resolve, reject) => {
        if (isClosed || queue.length >= LONGEST_QUEUE) {
          reject(storeUnavailable('SQLite'));
          return;
        }
        const deadlineMs = currentContext()?.deadlineMs ?? clock.monotonicMs() + LONGEST_PATIENCE_MS;
        const settle = (answer: Answer): void => {
          if (answer.ok) resolve(answer.value as ReturnType<SqliteOperations[typeof name]>);
          else reject(restoreError(answer.error));
        };
        queue.push({ name, argsNow, deadlineMs, settle, fail: reject });
        // Calls of one turn of the event loop leave together.
        if (underWay.length === 0 && queue.length === 1) queueMicrotask(sendNext);
      }),
    async close() {
      const isFirst = !isClosed;
      isClosed = true;
      if (!isFirst) return exited;
      if (underWay.length + queue.length > 0) {
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
      }
      worker.ref();
      say({ type: 'close' });
      return exited;
    },
  };
}
