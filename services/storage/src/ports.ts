import type {
  AdministeredKind,
  AttemptCount,
  AttemptToCount,
  Authorization,
  AuthorizationRequestRecord,
  AuthorizationRequestState,
  CompletionRequest,
  DeviceDecision,
  DevicePollRequest,
  DevicePollState,
  DeviceRequest,
  Expectation,
  Grant,
  GrantSelector,
  GrantToRevoke,
  NewDeviceRequest,
  OutboxBacklog,
  ParkedEvent,
  RotationToReopen,
  SecurityEvent,
  TokenToRotate,
  User,
  ValueToConsume,
  WaitingEvent,
} from '@tessera/contracts';
import type { RotationVerdict } from './rules/judge-rotation.ts';

/** Told the name of every statement or command as it leaves, so that a test can count them. */
export type StoreObserver = (name: string) => void;

/** What every store can do. Calls reject with `unavailable` (`storage.unavailable`) while it cannot be reached. */
interface Store {
  /** Settles when the store answers and its schema is current; never rejects, but keeps trying. */
  ready(): Promise<void>;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** Sign-ins in progress and the codes that come of them. */
export interface FlowStore {
  /** Keeps a new request. One that is there under the id already stays as it is, so a late repetition undoes nothing. */
  putRequest(request: AuthorizationRequestRecord, ttlSeconds: number): Promise<void>;
  getRequest(id: string): Promise<AuthorizationRequestState>;
  /** Compare-and-set on the version, atomic; the lifetime stays. Of two callers with one version, one gets true. */
  updateRequest(request: AuthorizationRequestRecord): Promise<boolean>;
  /** Replaces the request by a tombstone and puts its code, atomically. The same attempt repeated gets true again. */
  completeRequest(completion: CompletionRequest): Promise<boolean>;
  /** The authorizations behind codes, in order, in one round trip. Undefined = never there or expired. */
  findCodes(ids: readonly string[]): Promise<readonly (Authorization | undefined)[]>;
}

/** Kinds of entries that are put once and taken once. */
export type EntryKind = 'pushed_request' | 'upstream_state';

/** An entry that is put once and taken once. */
export interface Entry {
  readonly kind: EntryKind;
  readonly id: string;
  /** Whoever takes it has to name the same; empty = anybody. */
  readonly owner: string;
}

/** Entries that are put once and taken once. */
export interface EntryStore {
  /** One that is there under kind and id stays as it is. */
  putEntry(entry: Entry, payload: Uint8Array, ttlSeconds: number): Promise<void>;
  /** Gives and removes it in one atomic step: of two callers one gets it. One with another owner stays. */
  takeEntry(entry: Entry): Promise<Uint8Array | undefined>;
}

/** Device requests (RFC 8628). A device id is the user code, a dot and more, so that both are in one place. */
export interface DeviceStore {
  /** False: the user code is taken by another device id. */
  putDevice(request: NewDeviceRequest): Promise<boolean>;
  findDevice(userCode: string): Promise<DeviceRequest | undefined>;
  /** Atomic; with an authorization the device id is a code afterwards, for as long as the request has to live. */
  decideDevice(decision: DeviceDecision): Promise<boolean>;
  pollDevice(poll: DevicePollRequest): Promise<DevicePollState>;
}

/** Values used once, and counted attempts. */
export interface CounterStore {
  /** In order; true for the first under scope and value, also within the batch. One round trip. */
  consumeOnce(values: readonly ValueToConsume[]): Promise<readonly boolean[]>;
  /** In order, one round trip. */
  countAttempts(attempts: readonly AttemptToCount[]): Promise<readonly AttemptCount[]>;
  forgetAttempts(keys: readonly string[]): Promise<void>;
}

/** Short-lived state. Everything leaves by its own lifetime. */
export interface EphemeralStore extends Store, FlowStore, EntryStore, DeviceStore, CounterStore {
  /** Removes what has expired, where the store does not do that by itself. */
  sweep(): Promise<void>;
}

/** A grant to insert under its code. */
export interface NewGrant {
  /** UUID in lower case. */
  readonly id: string;
  /** SHA-256 of the code's id; unique. */
  readonly codeHash: Buffer;
  /** `sub` of the person: the key of the grant's events. */
  readonly subject: string;
  readonly authorization: Authorization;
  readonly createdAt: Date;
  /** Undefined = never. */
  readonly expiresAt?: Date;
  /** From when it may be swept; undefined = never. See `rules/retention.ts`. */
  readonly endsAt?: Date;
}

/** A code presented again. */
export interface PresentedCode {
  readonly codeHash: Buffer;
  /** The grant the presenter means; that one is spared, it is a repetition. */
  readonly grantId: string;
}

/** A grant, and the stored person of the password database it is about. */
export interface FoundGrant {
  readonly grant: Grant;
  /** Undefined: there is none, or another connector knows the person. */
  readonly user?: User;
}

/** A refresh token judged, and the grant as it is after that. */
export interface JudgedGrant extends FoundGrant {
  readonly verdict: RotationVerdict;
}

/** Which grants are listed. */
export interface GrantListing {
  readonly selector: GrantSelector;
  /** Only ids greater than this. */
  readonly after?: string;
  readonly limit: number;
}

/**
 * Grants. Every method is one statement on PostgreSQL and one short transaction elsewhere, however many items it takes; ids
 * and hashes within one call are distinct. With the outbox on, a change that revokes a grant writes the event of its
 * reason (`rules/grant-events.ts`) with it, or not at all. A call that fails changed nothing, unless its answer was lost; a
 * store that does each item by itself rejects with `PartialFailure`, which says what became of each.
 */
export interface GrantStore {
  /**
   * Inserts grants and answers what stands under each code hash afterwards, in order. A hash taken by another grant
   * revokes that grant. Of any number of callers with one hash, one finds its own grant.
   */
  insertGrants(grants: readonly NewGrant[], now: Date): Promise<readonly FoundGrant[]>;
  /** Revokes the grants under code hashes, except one the presenter means, and answers them in order. */
  revokeByCode(codes: readonly PresentedCode[], now: Date): Promise<readonly (FoundGrant | undefined)[]>;
  /** Judges and rotates; callers who race for one grant are judged one after the other. Undefined = no such grant. */
  rotateGrants(tokens: readonly TokenToRotate[], now: Date): Promise<readonly (JudgedGrant | undefined)[]>;
  /** Reopens the last rotation of grants that stand and are at the generation, as `reopenRotation` says. */
  reopenRotations(rotations: readonly RotationToReopen[], now: Date): Promise<readonly boolean[]>;
  /** True: revoked by this call. */
  revokeGrants(grants: readonly GrantToRevoke[], now: Date): Promise<readonly boolean[]>;
  findGrants(ids: readonly string[]): Promise<readonly (FoundGrant | undefined)[]>;
  /** In the order of their ids. Finds its rows by an index on one member of the selector. */
  listGrants(listing: GrantListing): Promise<readonly FoundGrant[]>;
  /** Revokes at most `limit` standing grants that fit; says how many. Fewer than `limit` = none is left. */
  revokeGrantsBy(selector: GrantSelector, reason: string, limit: number, now: Date): Promise<number>;
  /** Deletes at most `limit` grants that ended before `before`; 0 while another replica does it. */
  deleteEndedGrants(before: Date, limit: number): Promise<number>;
}

/** Kinds of records. `rules/record-kinds.ts` says what is particular about each. */
export type RecordKind =
  | AdministeredKind
  | 'consent'
  | 'session'
  | 'key_set'
  | 'logout_delivery'
  | 'logout_due'
  | 'lease';

/** A record as a store keeps it; what the body says, the operations know. */
export interface StoredRecord {
  /** At most 512 bytes of UTF-8. */
  readonly id: string;
  /** 1 when created. */
  readonly version: number;
  /** JSON. */
  readonly body: string;
  /** What its kind may be listed by, e.g. the subject of a session; at most 512 bytes of UTF-8. */
  readonly owner?: string;
  /** From then on it is not there any more; undefined = never. */
  readonly expiresAt?: Date;
}

/** A record to write, with the events that belong to it. */
export interface RecordToWrite extends Omit<StoredRecord, 'version'> {
  readonly kind: RecordKind;
  readonly expected: Expectation;
  readonly events: readonly SecurityEvent[];
}

/** A record to remove, with the events that belong to it. */
export interface RecordToRemove {
  readonly kind: RecordKind;
  readonly id: string;
  /** Undefined = whatever version it is. */
  readonly expectedVersion?: number;
  readonly events: readonly SecurityEvent[];
}

/** Which records are listed. */
export interface RecordListing {
  readonly kind: RecordKind;
  readonly owner?: string;
  /** Only ids greater than this, compared byte by byte. */
  readonly after?: string;
  readonly limit: number;
}

/** Records of one snapshot. */
export interface ListedRecords {
  /** Of the kind; 0 for kinds that are not watched. */
  readonly revision: number;
  readonly records: readonly StoredRecord[];
}

/** Versioned documents. Kind and id within one call are distinct. A record past its expiry is treated as not there. */
export interface RecordStore {
  getRecords(
    refs: readonly { readonly kind: RecordKind; readonly id: string }[],
    now: Date,
  ): Promise<readonly (StoredRecord | undefined)[]>;
  /** In the order of their ids' bytes, with the revision of the same snapshot. */
  listRecords(listing: RecordListing, now: Date): Promise<ListedRecords>;
  /**
   * The new versions in order; undefined: not as expected, nothing of it written. A watched kind's revision counts up with
   * the write. Of callers who race with one expectation, one wins (with `any`, all, one after the other).
   */
  writeRecords(records: readonly RecordToWrite[], now: Date): Promise<readonly (number | undefined)[]>;
  /** In order; false: there was none, or not as expected. A watched kind's revision counts up with it. */
  removeRecords(records: readonly RecordToRemove[], now: Date): Promise<readonly boolean[]>;
  /** Present revision of every watched kind. */
  revisions(): Promise<Readonly<Partial<Record<RecordKind, number>>>>;
  /** Deletes at most `limit` records that expired before `before`; 0 while another replica does it. */
  deleteExpiredRecords(before: Date, limit: number): Promise<number>;
}

/** Events on their way. A lane is a part of the keys (`rules/lanes.ts`). */
export interface OutboxStore {
  /** An event whose id waits already changes nothing. */
  appendEvents(events: readonly SecurityEvent[]): Promise<void>;
  /**
   * The oldest of these lanes that are not parked, in the order in which they were committed within each key. With `after`,
   * a position, only those behind it; of one lane such pages come to all of it.
   */
  readEvents(lanes: readonly number[], limit: number, after?: string): Promise<readonly WaitingEvent[]>;
  removeEvents(positions: readonly string[]): Promise<void>;
  parkEvents(events: readonly { readonly position: string; readonly reason: string }[], now: Date): Promise<void>;
  /** In the order of their positions. `after` is a position. */
  listParkedEvents(limit: number, after?: string): Promise<readonly ParkedEvent[]>;
  /** Undefined = all. Says how many. */
  unparkEvents(positions?: readonly string[]): Promise<number>;
  backlog(): Promise<OutboxBacklog>;
}

/** A grant with everything a store keeps of it. */
export interface PortableGrant extends NewGrant {
  readonly grant: Grant;
  readonly rotatedAt?: Date;
  readonly attemptId?: string;
  readonly revokedReason?: string;
}

/** Everything at once, for moving from one backend to another. */
export interface PortableStore {
  /** All grants in the order of their ids, those after `after`. */
  exportGrants(limit: number, after?: string): Promise<readonly PortableGrant[]>;
  /** Inserts what is not there; says how many. A grant whose id or code hash is there stays as it is. */
  importGrants(grants: readonly PortableGrant[]): Promise<number>;
  /** Inserts with their versions what is not there; says how many. Counts the revision up. */
  importRecords(kind: RecordKind, records: readonly StoredRecord[]): Promise<number>;
  /**
   * From when it answers, every change of a grant or a record is refused (`unavailable`, `storage.retired`), by whichever
   * process and version; reads, and sending what waits in the outbox, go on. Repeated, it changes nothing.
   */
  retire(): Promise<void>;
  /** Takes {@link PortableStore.retire} back. */
  reinstate(): Promise<void>;
}

/** Durable state. What it answered is on disk. */
export interface DurableStore extends Store, GrantStore, RecordStore, OutboxStore, PortableStore {}
