import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What travels with a piece of work from the edge through every service. */
export interface WorkContext {
  /** Correlates the log lines of all services; visible to people as the reference of an error. */
  readonly requestId: string;
  /** When an answer is of no use any more, in milliseconds of the monotonic clock (`performance.now()`); undefined = no limit. */
  readonly deadlineMs?: number;
  /** The service that called this one, by its certificate; undefined at the edge and for calls within the process. */
  readonly caller?: string;
}

const storage = new AsyncLocalStorage<WorkContext>();

/** Runs `work` with `context` current in everything it awaits. */
export function runInContext<T>(context: WorkContext, work: () => T): T {
  return storage.run(context, work);
}

/** The context of the running work; undefined outside of any request (start, timers). */
export function currentContext(): WorkContext | undefined {
  return storage.getStore();
}

/** A new request id: 16 characters, 90 random bits. Of a UUID, since Node makes those from entropy fetched in bulk. */
export function createRequestId(): string {
  return Buffer.from(randomUUID().replaceAll('-', '').slice(0, 24), 'hex').toString('base64url');
}

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** A request id from outside, if it is one; anything else is undefined, so that no log line can be forged with it. */
export function parseRequestId(value: string | undefined): string | undefined {
  return value !== undefined && REQUEST_ID.test(value) ? value : undefined;
}
