import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '@tessera/clock';
import type { TokenType } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';
import { createRequestId, type Logger, runInContext } from '@tessera/telemetry';
import type { DocumentStore } from '../encryption/document-store.ts';
import {
  addFigures,
  emptyJournal,
  type JournalDocument,
  type KeyFigures,
  latestExpiryOf,
  withEntry,
} from './journal-document.ts';

/**
 * What every key signed, of which types, and until when that is valid. Each replica counts in memory and writes what it
 * counted at most once a minute, and when it is closed: a crash loses the counts of a minute at most, and signing waits for
 * none of it.
 */
export interface Journal {
  /** Counts a signature. Takes no longer than a look into a map. */
  note(signature: NotedSignature): void;
  /** What is stored, and what this replica has not written yet. Throws what storage throws. */
  read(): Promise<ReadonlyMap<string, KeyFigures>>;
  /** When the last token of each key expires. Throws what storage throws. */
  readonly latestExpiries: () => Promise<ReadonlyMap<string, Date>>;
  /**
   * Writes what was counted, by compare-and-set: of replicas that do it at once each adds to what the others wrote. A failure
   * loses nothing; it is tried again a minute later.
   */
  flush(): Promise<void>;
  /** Writes for the last time. Does not throw. */
  close(): Promise<void>;
}

/** A signature that was made. */
export interface NotedSignature {
  readonly kid: string;
  readonly type: TokenType;
  readonly at: Date;
  /** `exp` in epoch seconds, if the token has one. */
  readonly expiresAtSeconds?: number;
}

/** What a journal is made of. */
export interface JournalOptions {
  readonly store: DocumentStore<JournalDocument>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const FLUSH_MS = 60_000;
const MAX_ATTEMPTS = 10;
/** The latest moment of JavaScript: an `exp` beyond it is as good as that. */
const MAX_DATE_MS = 8.64e15;

interface Entry {
  readonly id: string;
  readonly signed: ReadonlyMap<string, KeyFigures>;
}

/** A journal with nothing to write. */
export function createJournal({ store, clock, logger }: JournalOptions): Journal {
  let counting = new Map<string, Map<TokenType, Count>>();
  let unwritten: Entry | undefined;
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let isClosed = false;

  const schedule = (): void => {
    if (timer !== undefined || isClosed) return;
    // Not within the time of the request that happened to be the first.
    const context = { requestId: createRequestId() };
    timer = runInContext(context, () => clock.schedule(FLUSH_MS, write));
  };

  const write = (): void => {
    timer = undefined;
    void flush().catch((err: unknown) => {
      logger.warn({ err }, 'the signing journal could not be written; it is tried again');
      schedule();
    });
  };

  /** An entry that may have been written, its answer lost, is written again as it was; what was counted since waits. */
  const takeEntry = (): Entry | undefined => {
    if (unwritten === undefined && counting.size > 0) {
      const id = randomBytes(9).toString('base64url');
      unwritten = { id, signed: new Map([...counting].map(([kid, counts]) => [kid, toFigures(counts)])) };
      counting = new Map();
    }
    return unwritten;
  };

  const add = async (entry: Entry): Promise<void> => {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
      const { version, document = emptyJournal } = await store.load();
      const next = withEntry(document, entry.id, entry.signed);
      if (next === document || (await store.replace(version, next, []))) {
        unwritten = undefined;
        return;
      }
    }
    throw unavailable('keys.rotation_contended', 'other replicas kept changing the journal');
  };

  const run = async (): Promise<void> => {
    const entry = takeEntry();
    if (entry !== undefined) await add(entry);
    if (counting.size > 0) schedule();
  };

  const flush = (): Promise<void> => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };

  const read = async (): Promise<ReadonlyMap<string, KeyFigures>> => {
    const { document = emptyJournal } = await store.load();
    const { keys } = unwritten === undefined ? document : withEntry(document, unwritten.id, unwritten.signed);
    const all = new Map(keys);
    for (const [kid, counts] of counting) all.set(kid, addFigures(all.get(kid), toFigures(counts)));
    return all;
  };

  return {
    note(signature) {
      noteIn(counting, signature);
      schedule();
    },
    read,
    async latestExpiries() {
      const known = [...(await read())].flatMap(([kid, figures]): [string, Date][] => {
        const expiry = latestExpiryOf(figures);
        return expiry === undefined ? [] : [[kid, expiry]];
      });
      return new Map(known);
    },
    flush,
    async close() {
      isClosed = true;
      timer?.cancel();
      try {
        await flush();
        // What was under way had not all of it.
        await flush();
      } catch (err) {
        logger.warn(
          { err },
          'the signing journal could not be written at the end; the counts of its last minute are lost',
        );
      }
    },
  };
}

/** Counted in place, so that a signature costs no object. */
interface Count {
  count: number;
  readonly firstMs: number;
  lastMs: number;
  latestExpirySeconds: number;
}

function noteIn(counting: Map<string, Map<TokenType, Count>>, signature: NotedSignature): void {
  const { kid, type, at, expiresAtSeconds = 0 } = signature;
  const counts = counting.get(kid) ?? new Map<TokenType, Count>();
  counting.set(kid, counts);
  const count = counts.get(type);
  if (count === undefined) {
    counts.set(type, { count: 1, firstMs: at.getTime(), lastMs: at.getTime(), latestExpirySeconds: expiresAtSeconds });
    return;
  }
  count.count += 1;
  count.lastMs = at.getTime();
  if (expiresAtSeconds > count.latestExpirySeconds) count.latestExpirySeconds = expiresAtSeconds;
}

function toFigures(counts: ReadonlyMap<TokenType, Count>): KeyFigures {
  const figures = [...counts].map(([type, { count, firstMs, lastMs, latestExpirySeconds }]) => [
    type,
    {
      count,
      firstAt: new Date(firstMs),
      lastAt: new Date(lastMs),
      ...(latestExpirySeconds > 0 && { latestExpiry: new Date(Math.min(latestExpirySeconds * 1000, MAX_DATE_MS)) }),
    },
  ]);
  return Object.fromEntries(figures);
}
