import type { Clock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';
import { watchFiles } from './watch-files.ts';

/**
 * A secret that proves us to a server, and that may change while we run. The file and the server never change in the same
 * moment, so the one that was taken last is kept beside that of the file until the latter is taken.
 */
export interface Secret {
  /** What to try first. */
  current(): string;
  /** The server took it. */
  accepted(secret: string): void;
  /**
   * The server takes none of these: reads the file now, and gives what to try instead; undefined when there is nothing else.
   * Never rejects.
   */
  insteadOf(refused: ReadonlySet<string>): Promise<string | undefined>;
  /**
   * Runs `attempt`, and again with another secret for as long as it is refused and there is another. Rejects with what the
   * last attempt rejected with. With `isProof: false`, an attempt that succeeds says nothing of the secret, as where a pool lends
   * what was opened before: whoever opens it calls {@link Secret.accepted}.
   */
  use<T>(
    attempt: (secret: string) => Promise<T>,
    isRefusal: (error: unknown) => boolean,
    options?: { readonly isProof?: boolean },
  ): Promise<T>;
  /** Calls back whenever the file has another secret; what it returns ends that. */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** What looks after files that give access. */
export interface AccessOptions {
  readonly clock: Pick<Clock, 'schedule'>;
  readonly logger: Logger;
  /** Time between two looks. Default 10 s. */
  readonly intervalMs?: number;
}

/** What a secret is made of. */
export interface SecretOptions extends AccessOptions {
  /** As the configuration has it. */
  readonly value: string;
  /** Where it came from; undefined = nowhere, it never changes. */
  readonly file?: string | undefined;
  /** For the log, e.g. `the password of PostgreSQL`. */
  readonly what: string;
}

/** Far above any real secret. */
const MAX_BYTES = 64 * 1024;

/**
 * A secret of the configuration, read again whenever its file changes. A file that is gone, empty or just being written changes
 * nothing. Throws the system's error when the file cannot be read at first.
 */
export function openSecret({ value, file, what, ...access }: SecretOptions): Secret {
  if (file === undefined) return createSecret({ current: () => value, check: async () => undefined, close() {} }, what);
  const watch = watchFiles({ files: [file], load: readText, what, ...access });
  const secret = createSecret(watch, what, access.logger);
  return { ...secret, onChange: (listener) => watch.onChange(listener), close: () => watch.close() };
}

/** The text of a file that holds one secret: editors and `echo` end it with a line break that is not part of it. */
function readText([content = Buffer.alloc(0)]: readonly Buffer[]): string {
  const text = content.toString('utf8').replace(/\r?\n$/, '');
  if (text === '') throw new Error('the file is empty');
  if (content.length > MAX_BYTES) throw new Error('the file is too large to be a secret');
  return text;
}

interface Place {
  current(): string;
  check(): Promise<void>;
  close(): void;
}

function createSecret(place: Place, what: string, logger?: Logger): Secret {
  let seen = place.current();
  let lastAccepted = seen;
  let preferred = seen;

  /** A secret that is new in the file comes first. */
  const current = (): string => {
    const stored = place.current();
    if (stored !== seen) preferred = stored;
    seen = stored;
    return preferred;
  };
  const accepted = (secret: string): void => {
    lastAccepted = secret;
    if (seen === place.current()) preferred = secret;
  };
  const insteadOf = async (refused: ReadonlySet<string>): Promise<string | undefined> => {
    await place.check();
    const candidates = [current(), place.current(), lastAccepted];
    const next = candidates.find((candidate) => !refused.has(candidate));
    if (next !== undefined && next !== place.current())
      logger?.warn({}, `${what} in the file is not taken; the former one is tried`);
    preferred = next ?? place.current();
    return next;
  };
  return {
    current,
    accepted,
    insteadOf,
    async use(attempt, isRefusal, { isProof = true } = {}) {
      const refused = new Set<string>();
      for (let secret: string | undefined = current(); ; ) {
        try {
          const result = await attempt(secret);
          if (isProof) accepted(secret);
          return result;
        } catch (error) {
          if (!isRefusal(error)) throw error;
          refused.add(secret);
          secret = await insteadOf(refused);
          if (secret === undefined) throw error;
        }
      }
    },
    onChange: () => () => undefined,
    close: () => place.close(),
  };
}
