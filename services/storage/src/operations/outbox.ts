import type { Clock } from '@tessera/clock';
import type { SettleEventsRequest, StorageOutboxApi, TakeEventsRequest, WaitingEvent } from '@tessera/contracts';
import { laneSharesFromJson, laneSharesToJson } from '../codec/lane-shares-json.ts';
import type { OutboxStore, RecordStore, StoredRecord } from '../ports.ts';
import { assertId, invalidInput, isStorableId } from '../rules/accepted-input.ts';
import { claimLanes, type LaneShares, lanesOf, releaseLanes } from '../rules/lane-shares.ts';
import { storeContended } from '../rules/store-errors.ts';
import { MAX_EVENT_BYTES } from './accepted-events.ts';
import { fittingCount } from './pages.ts';

/** What handing events on needs. */
export interface OutboxOptions {
  readonly clock: Clock;
  readonly durable: RecordStore & OutboxStore;
  /** Whether events are kept at all. */
  readonly hasOutbox: boolean;
}

const LEASE_ID = 'outbox';
const MAX_TRIES = 20;
const MAX_LIMIT = 1000;
const MAX_LEASE_SECONDS = 3600;
const MAX_WORKER_ID_BYTES = 128;
/** A lease that would end this little later is not written again, so that a busy worker does not write with every batch. */
const MAX_RENEWAL_STEP_MS = 1000;

/**
 * Hands events on. Who works on which lanes stands in one record, changed by compare-and-set. Taking reads that record and
 * the events, and writes the record once a second at most or when the lanes change.
 */
export function createOutbox(options: OutboxOptions): StorageOutboxApi {
  const { clock, durable, hasOutbox } = options;
  return {
    async takeEvents(request) {
      assertTaking(request);
      if (!hasOutbox) return { events: [], lanes: [], backlog: { waiting: 0, parked: 0 } };
      const { workerId, limit } = request;
      const shares = await changeShares(options, (present) => renewed(present, request, clock.now()));
      const lanes = lanesOf(shares, workerId);
      const found = lanes.length === 0 ? [] : await durable.readEvents(lanes, limit);
      return { events: cutEvents(found, limit), lanes, backlog: await durable.backlog() };
    },
    async settleEvents({ published, parked }) {
      const known = parked.map(({ position, reason }) => ({ position, reason: storableReason(reason) }));
      assertPositions({ published, parked });
      // First what would stop the others of its key from being published, if the second statement failed.
      if (known.length > 0) await durable.parkEvents(known, clock.now());
      if (published.length > 0) await durable.removeEvents(published);
    },
    async releaseLanes(workerId) {
      if (!hasOutbox || !isStorableId(workerId)) return;
      await changeShares(options, (present) => {
        return Object.hasOwn(present.workers, workerId) ? releaseLanes(present, workerId) : present;
      });
    },
  };
}

/** Changes the record of the shares; the same object means that nothing is to be written. */
async function changeShares(
  { clock, durable }: OutboxOptions,
  change: (present: LaneShares) => LaneShares,
): Promise<LaneShares> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const [record] = await durable.getRecords([{ kind: 'lease', id: LEASE_ID }], clock.now());
    const present = laneSharesFromJson(record?.body);
    const next = change(present);
    if (next === present || (await write(durable, record, next, clock.now()))) return next;
  }
  throw storeContended('the record of the lanes');
}

async function write(
  durable: RecordStore,
  record: StoredRecord | undefined,
  shares: LaneShares,
  now: Date,
): Promise<boolean> {
  const body = laneSharesToJson(shares);
  const lease = { kind: 'lease', id: LEASE_ID, body, expected: record?.version ?? 'absent', events: [] } as const;
  const [version] = await durable.writeRecords([lease], now);
  return version !== undefined;
}

/** The shares after the worker's sign of life, or the same object when that is not worth writing. */
function renewed(present: LaneShares, claim: TakeEventsRequest, now: Date): LaneShares {
  const next = claimLanes(present, claim, now);
  const untilMs = next.workers[claim.workerId] ?? 0;
  const movedMs = untilMs - (present.workers[claim.workerId] ?? 0);
  const stepMs = Math.min(MAX_RENEWAL_STEP_MS, claim.leaseSeconds * 100);
  const isSame =
    Object.keys(next.workers).length === Object.keys(present.workers).length &&
    next.lanes.every((owner, lane) => owner === present.lanes[lane]);
  return isSame && movedMs >= 0 && movedMs < stepMs ? present : next;
}

function cutEvents(events: readonly WaitingEvent[], limit: number): readonly WaitingEvent[] {
  const sizes = events.map(({ event }) => ({ bytes: Buffer.byteLength(event.data, 'utf8') }));
  return events.slice(0, fittingCount(sizes, limit));
}

function assertTaking({ workerId, leaseSeconds, limit }: TakeEventsRequest): void {
  assertId(workerId, 'the id of a worker');
  if (Buffer.byteLength(workerId, 'utf8') > MAX_WORKER_ID_BYTES) {
    throw invalidInput('storage.invalid_id', `the id of a worker has at most ${MAX_WORKER_ID_BYTES} bytes`);
  }
  if (!Number.isInteger(leaseSeconds) || leaseSeconds < 1 || leaseSeconds > MAX_LEASE_SECONDS) {
    throw invalidInput('storage.invalid_ttl', `a lease is 1 to ${MAX_LEASE_SECONDS} whole seconds`);
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalidInput('storage.invalid_page', `the number of events is 1 to ${MAX_LIMIT}`);
  }
}

function assertPositions({ published, parked }: SettleEventsRequest): void {
  const positions = [...published, ...parked.map(({ position }) => position)];
  if (positions.length <= MAX_LIMIT && positions.every(isStorableId)) return;
  throw invalidInput('storage.invalid_position', `events are settled by at most ${MAX_LIMIT} positions`);
}

/** What a broker says may be anything; it is kept for people to read. */
function storableReason(reason: string): string {
  return reason
    .slice(0, MAX_EVENT_BYTES / 16)
    .toWellFormed()
    .replaceAll('\0', '\u{fffd}');
}
