import type { Handle } from './pkcs11js.ts';

/** Sessions with a token. A session does one thing at a time. */
export interface SessionPool {
  /** Runs some work with a session of its own; waits for one where all are in use. */
  use<T>(work: (session: Handle) => Promise<T>): Promise<T>;
}

/** How sessions are had. */
export interface SessionPoolOptions {
  /** Throws when there is no further one. */
  readonly open: () => Handle;
  /** Closes one that is not used again. Must not throw. */
  readonly close: (session: Handle) => void;
  /** Most of them. */
  readonly max: number;
}

/**
 * Sessions that are opened when they are needed, and used again unless something failed with them. Where the token allows
 * fewer than `max`, those are shared.
 */
export function createSessionPool({ open, close, max }: SessionPoolOptions): SessionPool {
  const free: Handle[] = [];
  const waiting: (() => void)[] = [];
  let opened = 0;

  const tryOpen = (): Handle | undefined => {
    if (opened >= max) return undefined;
    try {
      const session = open();
      opened += 1;
      return session;
    } catch (error) {
      if (opened === 0) throw error;
      return undefined;
    }
  };
  const take = async (): Promise<Handle> => {
    for (;;) {
      const session = free.pop() ?? tryOpen();
      if (session !== undefined) return session;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  return {
    async use(work) {
      const session = await take();
      try {
        const result = await work(session);
        free.push(session);
        return result;
      } catch (error) {
        close(session);
        opened -= 1;
        throw error;
      } finally {
        waiting.shift()?.();
      }
    },
  };
}
