import type { Clock } from '@tessera/clock';
import { type EgressClient, parseJsonObject } from '@tessera/egress';
import { unavailable } from '@tessera/errors';
import { createRequestId, currentContext, type Logger, runInContext } from '@tessera/telemetry';
import { type KeySet, parseKeySet } from './key-set.ts';

/** Largest key set that is read, in bytes. */
const MAX_BYTES = 64 * 1024;
/** A set that may exist already is asked for anew at most so often, by address (N78). */
const PAUSE_MS = 60_000;
/** As long, where the first attempt has failed and there is nothing to go on with. */
const PAUSE_WITHOUT_KEYS_MS = 10_000;
/** Keys that could not be renewed for so long count no more: one of them may have been withdrawn. */
const LONGEST_STALE_MS = 24 * 3_600_000;

/** Key sets from their owners' addresses. */
export interface FetchedKeySets {
  /** The set at hand, fetched when there is none or it is old. Throws TesseraError `unavailable` when there is none to be had. */
  get(uri: string): Promise<KeySet>;
  /** The set anew, after a key was missing; undefined when it was asked for less than a minute ago, or cannot be had. */
  getNewer(uri: string): Promise<KeySet | undefined>;
  /** Forgets all. */
  clear(): void;
}

/** What they are fetched and kept with. */
export interface FetchedKeySetsOptions {
  readonly egress: EgressClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age at which a set is fetched anew. */
  readonly maxAgeSeconds: number;
  /** Sets kept; the one that was not used for the longest time goes first. */
  readonly maxSets: number;
}

interface Entry {
  readonly keys: KeySet | undefined;
  /** Of the last success; meaningless without keys. */
  readonly fetchedAtMs: number;
  /** Of the last attempt. */
  readonly triedAtMs: number;
}

/** Keeps key sets by address, bounded in number, size, age and frequency of requests (N45, N47, N78, N86). */
export function createFetchedKeySets(options: FetchedKeySetsOptions): FetchedKeySets {
  const { clock, maxAgeSeconds, maxSets } = options;
  const entries = new Map<string, Entry>();
  const running = new Map<string, Promise<Entry>>();

  const keep = (uri: string, entry: Entry): void => {
    entries.delete(uri);
    entries.set(uri, entry);
    const [oldest] = entries.keys();
    if (entries.size > maxSets && oldest !== undefined) entries.delete(oldest);
  };
  const fetchOnce = (uri: string): Promise<Entry> => {
    const started =
      running.get(uri) ??
      // Shared by all who wait: it has a time limit of its own instead of the first one's.
      runInContext({ requestId: currentContext()?.requestId ?? createRequestId() }, async () => {
        const keys = await fetchKeySet(options, uri);
        const known = entries.get(uri);
        const nowMs = clock.monotonicMs();
        const entry =
          keys === undefined
            ? { keys: known?.keys, fetchedAtMs: known?.fetchedAtMs ?? nowMs, triedAtMs: nowMs }
            : { keys, fetchedAtMs: nowMs, triedAtMs: nowMs };
        keep(uri, entry);
        return entry;
      }).finally(() => running.delete(uri));
    running.set(uri, started);
    return started;
  };
  const isFresh = ({ keys, fetchedAtMs }: Entry): boolean =>
    keys !== undefined && clock.monotonicMs() - fetchedAtMs < maxAgeSeconds * 1000;
  const mayAsk = ({ keys, triedAtMs }: Entry): boolean =>
    clock.monotonicMs() - triedAtMs >= (keys === undefined ? PAUSE_WITHOUT_KEYS_MS : PAUSE_MS);

  return {
    async get(uri) {
      const known = entries.get(uri);
      if (known !== undefined) keep(uri, known);
      const isEnough = known !== undefined && (isFresh(known) || !mayAsk(known));
      const { keys, fetchedAtMs } = isEnough ? known : await fetchOnce(uri);
      if (keys === undefined || clock.monotonicMs() - fetchedAtMs >= LONGEST_STALE_MS) {
        throw unavailable('client_keys.unavailable', `no keys can be had from ${hostOf(uri)}`);
      }
      return keys;
    },
    async getNewer(uri) {
      const known = entries.get(uri);
      if (known !== undefined && !mayAsk(known)) return undefined;
      return (await fetchOnce(uri)).keys;
    },
    clear: () => entries.clear(),
  };
}

/** Undefined, and a line in the log, for anything but a key set. */
async function fetchKeySet({ egress, logger }: FetchedKeySetsOptions, uri: string): Promise<KeySet | undefined> {
  const host = hostOf(uri);
  try {
    const headers = { accept: 'application/jwk-set+json, application/json' };
    const { status, text } = await egress.send({ url: uri, headers, maxBytes: MAX_BYTES });
    const keys = status === 200 ? parseKeySet(parseJsonObject(text)) : undefined;
    if (keys === undefined) logger.warn({ host, status }, 'what was fetched is no key set');
    return keys;
  } catch (err) {
    logger.warn({ host, err }, 'a key set cannot be fetched');
    return undefined;
  }
}

/** Of an address only the host may stand in a log: the rest is somebody else's. */
function hostOf(uri: string): string {
  return URL.parse(uri)?.host ?? 'an address that is no URL';
}
