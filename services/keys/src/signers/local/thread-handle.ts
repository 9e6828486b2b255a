import { Worker } from 'node:worker_threads';
import type { SigningPortion, ThreadKey } from './signing-queue.ts';
import { KEY_SLOTS, type SigningAnswer, type SigningOrder } from './thread-protocol.ts';

/** A thread that signs, as the event loop sees it. */
export interface Thread {
  /** Portions that it has and did not answer yet. */
  underWay(): number;
  sign(portion: SigningPortion): void;
  end(): Promise<void>;
}

/** What a thread reports. */
export interface ThreadEvents {
  /** The signatures of a portion, all of one length, one after the other; undefined when it could not be signed. */
  readonly onAnswer: (portion: SigningPortion, signatures: Uint8Array | undefined) => void;
  /** It ended, with what it did not answer. */
  readonly onEnd: (unanswered: readonly SigningPortion[]) => void;
}

/**
 * What a thread may use beside the keys and the portions, which are outside of V8's heap, in MB. A signature leaves a few
 * objects behind, which are cleared away less often where there is room for more of them.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 48 };

/** Starts a thread. While it has nothing to do it keeps no process alive. */
export function startThread({ onAnswer, onEnd }: ThreadEvents, start: () => Worker = startWorker): Thread {
  const worker = start();
  const underWay = new Map<number, SigningPortion>();
  const slots = createSlots();
  let lastId = 0;
  worker.unref();
  worker.on('message', ({ id, signatures }: SigningAnswer) => {
    const portion = underWay.get(id);
    underWay.delete(id);
    if (underWay.size === 0) worker.unref();
    if (portion !== undefined) onAnswer(portion, signatures);
  });
  // The thread ends after an error, and that is when its portions fail.
  worker.on('error', () => undefined);
  worker.once('exit', () => {
    const unanswered = [...underWay.values()];
    underWay.clear();
    onEnd(unanswered);
  });
  return {
    underWay: () => underWay.size,
    sign(portion) {
      lastId += 1;
      if (underWay.size === 0) worker.ref();
      underWay.set(lastId, portion);
      const order: SigningOrder = { id: lastId, ...slots.find(portion.key), ...joinInputs(portion) };
      worker.postMessage(order, [order.inputs.buffer as ArrayBuffer]);
    },
    async end() {
      await worker.terminate();
    },
  };
}

function startWorker(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const main = isSource
    ? new URL('./signing-thread.ts', import.meta.url)
    : new URL('./signing-thread.js', import.meta.url);
  // The environment may hold secrets, and the thread needs nothing of it.
  return new Worker(main, { name: 'signing', env: {}, execArgv: [], resourceLimits: RESOURCE_LIMITS });
}

interface Slots {
  /** Where the thread has the key; with the key itself when it does not have it yet. */
  find(key: ThreadKey): Pick<SigningOrder, 'slot' | 'key'>;
}

/** What the thread remembers: it forgets the key that was asked for least recently. */
function createSlots(): Slots {
  const slots = new Map<ThreadKey, number>();
  return {
    find(key) {
      const known = slots.get(key);
      if (known !== undefined) {
        slots.delete(key);
        slots.set(key, known);
        return { slot: known };
      }
      const slot = slots.size < KEY_SLOTS ? slots.size : forgetOldest(slots);
      slots.set(key, slot);
      return { slot, key: { alg: key.alg, key: key.key } };
    },
  };
}

function forgetOldest(slots: Map<ThreadKey, number>): number {
  const [oldest] = slots;
  if (oldest === undefined) return 0;
  slots.delete(oldest[0]);
  return oldest[1];
}

function joinInputs({ waiting }: SigningPortion): Pick<SigningOrder, 'inputs' | 'ends'> {
  // Of its own, as it is handed over to the thread.
  const inputs = Buffer.allocUnsafeSlow(waiting.reduce((length, { input }) => length + input.length, 0));
  const ends: number[] = [];
  let end = 0;
  for (const { input } of waiting) {
    end += inputs.write(input, end, 'latin1');
    ends.push(end);
  }
  return { inputs, ends };
}
