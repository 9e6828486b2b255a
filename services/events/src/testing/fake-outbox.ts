import type { Clock } from '@tessera/clock';
import type { SecurityEvent, StorageOutboxApi, TakenEvents, WaitingEvent } from '@tessera/contracts';
import { unavailable } from '@tessera/errors';

/** An outbox of one lane in memory: one worker at a time holds everything. */
export interface FakeOutbox extends StorageOutboxApi {
  append(...events: readonly SecurityEvent[]): void;
  /** What is still there, parked or not. */
  readonly waiting: readonly WaitingEvent[];
  readonly parked: ReadonlyMap<string, string>;
  /** Whose the lane is now. */
  holder(): string | undefined;
  readonly takes: number;
  /** Makes calls of this kind fail until told otherwise; for one worker, or all. */
  breakDown(call: 'take' | 'settle', workerId?: string): void;
  mend(): void;
  /** Ends the lease as if its time had passed for storage alone. */
  expire(): void;
}

/** Creates a {@link FakeOutbox}. */
export function createFakeOutbox(clock: Clock): FakeOutbox {
  const waiting: WaitingEvent[] = [];
  const parked = new Map<string, string>();
  const broken = new Set<string>();
  let lease: { readonly workerId: string; readonly endsAtMs: number } | undefined;
  let positions = 0;
  let takes = 0;
  const check = (call: 'take' | 'settle', workerId = ''): void => {
    if (broken.has(call) || broken.has(`${call} ${workerId}`)) throw unavailable('storage.unavailable', 'out of order');
  };
  const holder = (): string | undefined =>
    lease !== undefined && lease.endsAtMs > clock.monotonicMs() ? lease.workerId : undefined;
  const unparked = (): WaitingEvent[] => waiting.filter(({ position }) => !parked.has(position));
  return {
    waiting,
    parked,
    holder,
    get takes() {
      return takes;
    },
    append(...events) {
      for (const event of events) {
        positions += 1;
        waiting.push({ position: String(positions), event });
      }
    },
    async takeEvents({ workerId, leaseSeconds, limit }): Promise<TakenEvents> {
      takes += 1;
      check('take', workerId);
      const isOurs = (holder() ?? workerId) === workerId;
      if (isOurs) lease = { workerId, endsAtMs: clock.monotonicMs() + leaseSeconds * 1000 };
      const oldest = unparked()[0]?.event.time;
      return {
        events: isOurs ? cutBySize(unparked()).slice(0, limit) : [],
        lanes: isOurs ? [0] : [],
        backlog: {
          waiting: unparked().length,
          parked: parked.size,
          ...(oldest === undefined ? {} : { oldestAt: oldest }),
        },
      };
    },
    async settleEvents(request) {
      check('settle');
      for (const { position, reason } of request.parked) parked.set(position, reason);
      for (const position of request.published) {
        const at = waiting.findIndex((event) => event.position === position);
        if (at >= 0) waiting.splice(at, 1);
      }
    },
    async releaseLanes(workerId) {
      if (lease?.workerId === workerId) lease = undefined;
    },
    breakDown: (call, workerId) => void broken.add(workerId === undefined ? call : `${call} ${workerId}`),
    mend: () => broken.clear(),
    expire() {
      lease = undefined;
    },
  };
}

const MOST_BYTES = 1024 * 1024;

/** As storage does: no answer is much longer than a megabyte. */
function cutBySize(events: readonly WaitingEvent[]): readonly WaitingEvent[] {
  let bytes = 0;
  return events.filter(({ event }) => {
    bytes += event.data.length;
    return bytes <= MOST_BYTES;
  });
}
