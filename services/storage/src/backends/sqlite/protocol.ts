import type { ErrorKind } from '@tessera/errors';
import type { DurableStore } from '../../ports.ts';

/** Methods of a store as the thread that owns the database runs them. */
export type Synchronous<Store> = {
  readonly [Name in keyof Store]: Store[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never;
};

/** What a store does with its database. */
export type SqliteOperations = Synchronous<Omit<DurableStore, 'ready' | 'close'>>;

/** Name of an operation. */
export type OperationName = keyof SqliteOperations;

const READS: ReadonlySet<OperationName> = new Set([
  'findGrants',
  'listGrants',
  'getRecords',
  'listRecords',
  'revisions',
  'readEvents',
  'listParkedEvents',
  'backlog',
  'exportGrants',
] satisfies OperationName[]);

/** Whether an operation changes nothing. */
export function isRead(name: OperationName): boolean {
  return READS.has(name);
}

/** An operation to run. */
export interface Call<Name extends OperationName = OperationName> {
  readonly name: Name;
  readonly args: Parameters<SqliteOperations[Name]>;
  /** For so long, from when the thread gets it, somebody waits for the answer, in milliseconds. */
  readonly patienceMs: number;
}

/** An error on its way between threads, where it would lose its class. */
export interface CarriedError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  /** Of an unexpected failure, for the log. */
  readonly cause?: { readonly message: string; readonly stack?: string };
}

/** What became of a call. */
export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: CarriedError };

/** How the thread is started. */
export interface WorkerOptions {
  readonly file: string;
  readonly hasOutbox: boolean;
  /** For the record of the migrations. */
  readonly openedAt: Date;
}

/** What the thread is told: calls to run, or to close the database and end. */
export type Request = { readonly type: 'run'; readonly calls: readonly Call[] } | { readonly type: 'close' };

/** What the thread says: whether the file could be opened, then the answers to each request in order. */
export type Response =
  | { readonly type: 'opened' }
  | { readonly type: 'failed'; readonly error: CarriedError }
  | { readonly type: 'answers'; readonly answers: readonly Answer[] };
