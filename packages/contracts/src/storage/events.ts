import type { Outcome } from '@tessera/rpc';

/** Something that happened, as `@tessera/events` describes it, on its way through the outbox. */
export interface SecurityEvent {
  /** UUID; the same event always has the same. */
  readonly id: string;
  /** A type of `@tessera/events`, e.g. `grant.revoked`. */
  readonly type: string;
  /** Subject (`sub`), client id or key-set name it is about; events with one key keep their order. */
  readonly key: string;
  readonly time: Date;
  /** JSON object that fits the schema of the type. */
  readonly data: string;
}

/** An event that waits to be published. */
export interface WaitingEvent {
  /** Where it stands in the outbox; meaningful to storage alone. */
  readonly position: string;
  readonly event: SecurityEvent;
}

/** An event the broker refused for itself, kept aside. */
export interface ParkedEvent extends WaitingEvent {
  readonly parkedAt: Date;
  readonly reason: string;
}

/** How much waits. */
export interface OutboxBacklog {
  /** Counted to 100,000 at most. */
  readonly waiting: number;
  /** When the oldest of them happened; undefined = nothing waits. */
  readonly oldestAt?: Date;
  readonly parked: number;
}

/** What a worker asks for. */
export interface TakeEventsRequest {
  /** Chosen by the worker for its life. */
  readonly workerId: string;
  /** After that long without a sign of the worker others take its lanes. */
  readonly leaseSeconds: number;
  /** Most events, 1000 at most. */
  readonly limit: number;
}

/** What a worker gets. */
export interface TakenEvents {
  /** Oldest first within each key. Until they are settled the same come again. */
  readonly events: readonly WaitingEvent[];
  /** The lanes (keys are spread over them) that are the worker's until its lease ends. */
  readonly lanes: readonly number[];
  readonly backlog: OutboxBacklog;
}

/** What became of events that were taken, by their positions. */
export interface SettleEventsRequest {
  readonly published: readonly string[];
  readonly parked: readonly { readonly position: string; readonly reason: string }[];
}

/** Takes what happened, from every service. */
export interface StorageEventsApi {
  /**
   * Durable when it answers. An event whose id waits already is the same event, so a call repeated after a crash between
   * commit and answer changes nothing. Where no events service is configured nothing is kept.
   */
  appendEvents(events: readonly SecurityEvent[]): Promise<readonly Outcome<void>[]>;
}

/** Hands the events on, for the events service. */
export interface StorageOutboxApi {
  /**
   * Renews the worker's share of the lanes and gives the oldest events of them. Two workers never hold one lane at a time,
   * but a worker that was stopped longer than its lease may still be publishing what the next one publishes too.
   */
  takeEvents(request: TakeEventsRequest): Promise<TakenEvents>;
  /** Removes published events and keeps refused ones aside. Repeated, it changes nothing. */
  settleEvents(request: SettleEventsRequest): Promise<void>;
  /** Gives the lanes back at once, when the worker ends. */
  releaseLanes(workerId: string): Promise<void>;
}
