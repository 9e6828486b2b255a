import { type Clock, createPause, within } from '@tessera/clock';
import type { StorageOutboxApi } from '@tessera/contracts';
import type { Logger } from '@tessera/telemetry';
import type { EventSink } from '../ports.ts';
import { backOffMs } from './back-off.ts';
import { createFailureLog } from './failure-log.ts';
import { createLease } from './lease.ts';
import type { OutboxMetrics } from './outbox-metrics.ts';
import { createTurn } from './turn.ts';

/** What carries events from the outbox to a sink. */
export interface Publisher {
  /** Settles when storage has answered for the first time. */
  readonly ready: Promise<void>;
  /** Finishes what is being published, for five seconds at most, gives the lanes back and closes the sink. */
  close(): Promise<void>;
}

/** What the publisher is made of. */
export interface PublisherOptions {
  readonly storage: StorageOutboxApi;
  readonly sink: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OutboxMetrics;
  /** The issuer. */
  readonly source: string;
  /** Another one for each process. */
  readonly workerId: string;
  /** At least 0, less than 1. */
  readonly random: () => number;
}

const FINISH_MS = 5_000;
const RELEASE_MS = 2_000;

/**
 * Takes events, publishes and settles them, again and again. An event leaves the outbox only when the sink has it: whatever
 * dies in between, it comes again, with the same id. While the sink or storage fails, it waits with growing pauses, up to five
 * seconds, which keeps the lease too.
 */
export function startPublisher(options: PublisherOptions): Publisher {
  const { sink, clock, logger } = options;
  const { promise: ready, resolve: becomeReady } = Promise.withResolvers<void>();
  const lease = createLease(options);
  const pause = createPause(clock);
  const failureLog = createFailureLog(clock, logger);
  const turn = createTurn({ ...options, lease, onTaken: becomeReady });
  const run = async (): Promise<void> => {
    for (let failures = 0; !pause.isEnded(); ) {
      const outcome = await turn();
      if (outcome.type === 'failed') {
        failures += 1;
        failureLog.failed(outcome.error);
        await pause.for(backOffMs(failures, options.random));
      } else {
        failures = 0;
        failureLog.worked();
        await pause.for(outcome.pauseMs);
      }
    }
  };
  const running = run();
  return {
    ready,
    async close() {
      pause.end();
      await within(clock, FINISH_MS, running);
      // What is being published longer than that fails now, and is another worker's.
      await sink.close().catch((error: unknown) => logger.debug({ err: error }, 'the sink did not close well'));
      await within(clock, RELEASE_MS, lease.release()).catch((error: unknown) =>
        logger.debug({ err: error }, 'the lanes were not given back and are free when the lease ends'),
      );
    },
  };
}
