import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from './client.ts';

/** How long a command waits for a connection that is being made again. */
const RECONNECT_PATIENCE_MS = 500;
const RESTART_MS = 200;

/** Whether commands can be sent. */
export interface ConnectionState {
  isReady(): boolean;
  isClosed(): boolean;
  /** Settles when the connection becomes ready or is closed for good; one promise for everybody who waits. */
  nextChange(): Promise<void>;
  close(): void;
}

/** Watches a client, and starts it again should it give up before it is closed. */
export function watchState(client: RedisClient): ConnectionState {
  let isClosed = false;
  let change = Promise.withResolvers<void>();
  const settle = (): void => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  const restart = async (): Promise<void> => {
    await delay(RESTART_MS);
    if (!isClosed) await client.connect();
  };
  client.on('ready', settle);
  // The client gives up when news of a failover comes while it is asking the Sentinels.
  client.on('end', () => void restart().catch(() => undefined));
  return {
    isReady: () => !isClosed && client.status === 'ready',
    isClosed: () => isClosed,
    nextChange: () => change.promise,
    close: () => {
      isClosed = true;
      settle();
    },
  };
}

/** Whether the client is ready, now or after a little patience. */
export async function isReadySoon(state: ConnectionState): Promise<boolean> {
  if (state.isClosed()) return false;
  const { promise: patience, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, RECONNECT_PATIENCE_MS);
  await Promise.race([state.nextChange(), patience]);
  clearTimeout(timer);
  return state.isReady();
}
