import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

const GUARDED = Symbol.for('tessera.kafkajs.guarded');

/**
 * Keeps KafkaJS 2.2.4 from arming a timer of a negative delay, again and again each millisecond, while nothing waits to be
 * sent. Repeated, it changes nothing.
 */
export function guardIdleTimers(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype: RequestQueue & { [GUARDED]?: true };
  };
  if (prototype[GUARDED]) return;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype[GUARDED] = true;
  prototype.scheduleCheckPendingRequests = function scheduleIfPending(): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
