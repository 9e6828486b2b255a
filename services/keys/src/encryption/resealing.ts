import type { Clock } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import type { DocumentStore } from './document-store.ts';

/** Brings what is stored under the current key-encryption key. */
export interface Resealing {
  /**
   * Seals anew, by compare-and-set, each document that was opened by another key than the current one, with the keys in it;
   * what they say stays the same, and nothing is told. Of replicas that race one writes. A crash between two documents leaves
   * the others for the next time. Never throws: a failure is logged, and the next call tries again.
   */
  run(): Promise<void>;
}

/** What it is made of. */
export interface ResealingOptions {
  /** Every sealed document. One that somebody else loads is not loaded again before something is due. */
  readonly stores: readonly DocumentStore<unknown>[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * While a new configuration is rolled out, some replicas seal under the one key and some under the other. What this replica has
 * seen under its own key and another moved is left there for so long, that they do not take turns all the time.
 */
const PATIENCE_MS = 600_000;

/** What is known of a document. */
interface Course {
  /** Under which of our keys it was seen. */
  readonly settledUnder?: string;
  /** Since when it is under another one again. */
  readonly movedAtMs?: number;
}

/** Resealing of documents nothing is known of yet. */
export function createResealing({ stores, clock, logger }: ResealingOptions): Resealing {
  const courses = new Map<string, Course>();
  const problems = new Map<string, string>();

  const isDue = (name: string, current: string, from: readonly string[]): boolean => {
    const course = courses.get(name);
    if (course?.settledUnder !== current) return true;
    const nowMs = clock.monotonicMs();
    if (course.movedAtMs === undefined) {
      courses.set(name, { ...course, movedAtMs: nowMs });
      logger.warn({ document: name, from, current }, 'another replica seals under another key-encryption key');
      return false;
    }
    return nowMs - course.movedAtMs >= PATIENCE_MS;
  };

  const settle = async (store: DocumentStore<unknown>): Promise<void> => {
    const { name } = store;
    const { version, isUnderCurrent, sealedUnder, current } = store.lastLoaded() ?? (await store.load());
    if (version === 0 || current === undefined) return;
    if (isUnderCurrent) courses.set(name, { settledUnder: current });
    else if (isDue(name, current, sealedUnder) && (await resealDocument(store))) {
      courses.set(name, { settledUnder: current });
      logger.info({ document: name, from: sealedUnder, to: current }, 'sealed anew');
    }
  };

  return {
    async run() {
      for (const store of stores) {
        try {
          await settle(store);
          problems.delete(store.name);
        } catch (error) {
          const { message } = TesseraError.from(error);
          if (message !== problems.get(store.name)) {
            logger.warn({ err: error, document: store.name }, 'a document could not be sealed anew');
          }
          problems.set(store.name, message);
        }
      }
    },
  };
}

/**
 * Seals a document anew if it is not under the current key alone. True: this call did. False: nothing was to do, or another
 * replica changed it meanwhile. Throws as the store does.
 */
export async function resealDocument(store: DocumentStore<unknown>): Promise<boolean> {
  const { version, document, isUnderCurrent } = await store.load();
  return version > 0 && !isUnderCurrent && store.replace(version, document, []);
}
