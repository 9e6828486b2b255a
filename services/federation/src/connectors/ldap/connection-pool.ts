import type { Clock, Timer } from '@tessera/clock';
import { TesseraError } from '@tessera/errors';
import { type LdapConnection, LdapConnectionError } from './connection.ts';

/** Connections bound as the service, shared by searches. */
export interface LdapConnectionPool {
  /**
   * Runs searches on one connection. When one that was kept turns out to be dead, they run once more on a new one, so
   * `work` must be safe to repeat. Throws TesseraError `resource_exhausted` when too many wait already.
   */
  run<T>(work: (connection: LdapConnection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What a pool is made of. */
export interface LdapConnectionPoolOptions {
  /** Opens a bound connection. */
  readonly open: () => Promise<LdapConnection>;
  readonly clock: Clock;
}

const MAX_CONNECTIONS = 4;
const MAX_WAITING = 64;
/** Shorter than directories and the network between are known to drop idle connections. */
const IDLE_MS = 30_000;

interface Idle {
  readonly connection: LdapConnection;
  readonly timer: Timer;
}

/** A pool of at most four connections; those nobody uses are closed after half a minute. */
export function createLdapConnectionPool({ open, clock }: LdapConnectionPoolOptions): LdapConnectionPool {
  const idle: Idle[] = [];
  const slots = createSlots();
  let isClosed = false;

  const takeIdle = (): LdapConnection | undefined => {
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      entry.timer.cancel();
      if (entry.connection.isOpen()) return entry.connection;
      void entry.connection.close();
    }
    return undefined;
  };
  const giveBack = (connection: LdapConnection): void => {
    if (isClosed || !connection.isOpen()) {
      void connection.close();
      return;
    }
    const timer = clock.schedule(IDLE_MS, () => {
      idle.splice(
        idle.findIndex((entry) => entry.connection === connection),
        1,
      );
      void connection.close();
    });
    idle.push({ connection, timer });
  };
  const runOn = async <T>(connection: LdapConnection, work: (connection: LdapConnection) => Promise<T>): Promise<T> => {
    try {
      return await work(connection);
    } finally {
      giveBack(connection);
    }
  };

  return {
    async run(work) {
      await slots.take();
      try {
        const kept = takeIdle();
        if (kept !== undefined) {
          try {
            return await runOn(kept, work);
          } catch (error) {
            if (!(error instanceof LdapConnectionError)) throw error;
          }
        }
        return await runOn(await open(), work);
      } finally {
        slots.leave();
      }
    },
    async close() {
      isClosed = true;
      const closing = idle.splice(0);
      for (const { timer } of closing) timer.cancel();
      await Promise.all(closing.map(({ connection }) => connection.close()));
    },
  };
}

/** Bounds how many work at one time and how many wait. */
function createSlots(): { take(): Promise<void>; leave(): void } {
  let taken = 0;
  const waiting: (() => void)[] = [];
  return {
    async take() {
      if (taken < MAX_CONNECTIONS) {
        taken += 1;
        return;
      }
      if (waiting.length >= MAX_WAITING) {
        throw new TesseraError({
          kind: 'resource_exhausted',
          code: 'federation.directory_busy',
          message: `${waiting.length} searches are waiting for a connection to the directory already`,
          retryAfterSeconds: 1,
        });
      }
      const turn = Promise.withResolvers<void>();
      waiting.push(turn.resolve);
      await turn.promise;
    },
    leave() {
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    },
  };
}
