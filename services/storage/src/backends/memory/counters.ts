import { addSeconds } from '@tessera/clock';
import type { AttemptCount, AttemptToCount } from '@tessera/contracts';
import type { CounterStore } from '../../ports.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { MemoryPartOptions } from './flows.ts';

interface Window {
  readonly count: number;
  readonly expiresAt: Date;
}

/** Values used once and counted attempts, in memory, with the removal of what expired. */
export function createMemoryCounters({
  clock,
  maxEntries,
  onCommand,
}: MemoryPartOptions): CounterStore & { readonly sweep: () => void } {
  const used = createBoundedMap<{ readonly expiresAt: Date }>({ clock, maxEntries, expiresAt: (one) => one.expiresAt });
  const windows = createBoundedMap<Window>({ clock, maxEntries, expiresAt: (window) => window.expiresAt });

  const count = ({ key, limit, windowSeconds }: AttemptToCount): AttemptCount => {
    const now = clock.now();
    const window = windows.get(key) ?? { count: 0, expiresAt: addSeconds(now, windowSeconds) };
    const next = { ...window, count: window.count + 1 };
    windows.set(key, next);
    const isAllowed = next.count <= limit;
    const remainingMs = next.expiresAt.getTime() - now.getTime();
    return { count: next.count, isAllowed, retryAfterSeconds: isAllowed ? 0 : Math.ceil(remainingMs / 1000) };
  };
  return {
    async consumeOnce(values) {
      onCommand?.('consume_once');
      return values.map(({ scope, value, ttlSeconds }) => {
        const key = JSON.stringify([scope, value]);
        if (used.get(key) !== undefined) return false;
        used.set(key, { expiresAt: addSeconds(clock.now(), ttlSeconds) });
        return true;
      });
    },
    async countAttempts(attempts) {
      onCommand?.('count_attempts');
      return attempts.map(count);
    },
    async forgetAttempts(keys) {
      onCommand?.('forget_attempts');
      for (const key of keys) windows.delete(key);
    },
    sweep() {
      used.sweep();
      windows.sweep();
    },
  };
}
