/** What is to happen, in order of time. */
export interface EventQueue {
  /** Simulated time, in seconds. */
  readonly nowSeconds: () => number;
  /** Of several at one moment the one that was added first comes first. What is past is due now. */
  at(seconds: number, happen: () => void | Promise<void>): void;
  /** Lets everything happen until a moment, which is the time then. */
  runUntil(seconds: number): Promise<void>;
}

interface Entry {
  readonly seconds: number;
  readonly number: number;
  readonly happen: () => void | Promise<void>;
}

/** An empty queue at time 0 (a binary heap). */
export function createEventQueue(): EventQueue {
  const heap: Entry[] = [];
  let now = 0;
  let added = 0;
  return {
    nowSeconds: () => now,
    at(seconds, happen) {
      added += 1;
      push(heap, { seconds: Math.max(now, seconds), number: added, happen });
    },
    async runUntil(seconds) {
      for (let first = heap[0]; first !== undefined && first.seconds <= seconds; first = heap[0]) {
        pop(heap);
        now = first.seconds;
        // Most of what happens is over at once, and need not be waited for.
        const happening = first.happen();
        if (happening !== undefined) await happening;
      }
      now = seconds;
    },
  };
}

function isBefore(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.seconds === other.seconds ? one.number < other.number : one.seconds < other.seconds;
}

function swap(heap: Entry[], one: number, other: number): void {
  const [a, b] = [heap[one], heap[other]];
  if (a === undefined || b === undefined) return;
  heap[one] = b;
  heap[other] = a;
}

function push(heap: Entry[], entry: Entry): void {
  heap.push(entry);
  let place = heap.length - 1;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(heap[place], heap[parent])) return;
    swap(heap, place, parent);
    place = parent;
  }
}

function pop(heap: Entry[]): void {
  swap(heap, 0, heap.length - 1);
  heap.pop();
  let place = 0;
  for (;;) {
    const [left, right] = [2 * place + 1, 2 * place + 2];
    let first = isBefore(heap[left], heap[place]) ? left : place;
    if (isBefore(heap[right], heap[first])) first = right;
    if (first === place) return;
    swap(heap, place, first);
    place = first;
  }
}
