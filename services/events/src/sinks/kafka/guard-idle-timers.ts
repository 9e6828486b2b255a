import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

const GUARDED = Symbol.for('tessera.kafkajs.guarded');

/**
 * Keeps KafkaJS 2.2.4 from arming a timer of a negative delay, anew each millisecond, while nothing waits to be sent: that
 * costs an idle process several per cent of a core, and a warning. Repeated, it changes nothing. Throws Error where KafkaJS
 * is not as that version is: whether it still has to be guarded is then to be looked at.
 */
export function guardIdleTimers(load: (path: string) => unknown = createRequire(import.meta.url)): void {
  const prototype = prototypeOf(load);
  if (prototype[GUARDED]) return;
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype[GUARDED] = true;
  prototype.scheduleCheckPendingRequests = function scheduleIfPending(): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}

function prototypeOf(load: (path: string) => unknown): RequestQueue & { [GUARDED]?: true } {
  try {
    const { prototype } = load('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
    if (typeof prototype.scheduleCheckPendingRequests === 'function') return prototype;
  } catch (cause) {
    throw unknownVersion(cause);
  }
  throw unknownVersion();
}

function unknownVersion(cause?: unknown): Error {
  return new Error('the installed KafkaJS is not version 2.2.4, which Tessera is made for', { cause });
}
