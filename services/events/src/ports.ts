import type { Writable } from 'node:stream';
import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { StorageOutboxApi } from '@tessera/contracts';
import type { Logger, Metrics } from '@tessera/telemetry';

/** What the events service is made of. */
export interface EventsServiceOptions {
  readonly config: TesseraConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly storage: StorageOutboxApi;
  /** Where events of the type `stdout` go; the standard output of the process when left out. */
  readonly output?: Writable;
}

/** An event on its way out. */
export interface CloudEventMessage {
  /** The same for the same event, however often it is sent. */
  readonly id: string;
  /** Events with one key keep their order. */
  readonly key: string;
  /** A CloudEvent in JSON, without line breaks. */
  readonly body: string;
}

/** An event that will never be taken. */
export interface RefusedEvent {
  /** Its place in what was published. */
  readonly index: number;
  /** For the operator; a short sentence without anything of the event. */
  readonly reason: string;
}

/** What became of events. Those that are neither published nor refused are to be sent again. */
export interface PublishOutcome {
  /** Places of those that are kept safe at the far end now. */
  readonly published: readonly number[];
  readonly refused: readonly RefusedEvent[];
  /** Why there are others. */
  readonly failure?: unknown;
}

/** Where events go. */
export interface EventSink {
  /** Rejects with the reason when events could not be taken just now. */
  ready(): Promise<void>;
  /**
   * Sends events, those of one key in their order. Never rejects. Whatever fails may have arrived all the same, so an event
   * may arrive twice; but behind an event of its key that has not arrived no event arrives.
   */
  publish(events: readonly CloudEventMessage[]): Promise<PublishOutcome>;
  /** Ends connections; what is being published fails then. */
  close(): Promise<void>;
}
