import { randomInt, randomUUID } from 'node:crypto';
import type { Service } from '@tessera/contracts';
import { TesseraError } from '@tessera/errors';
import type { EventsServiceOptions } from './ports.ts';
import { createOutboxMetrics } from './publishing/outbox-metrics.ts';
import { startPublisher } from './publishing/publisher.ts';
import { createSink } from './sinks/create-sink.ts';

/**
 * Starts to carry events from the outbox to where the configuration says. It is ready when storage has answered, whether or
 * not the far end can be reached: sign-ins do not wait for it, and events wait in the outbox. Throws `invalid_argument`
 * (`events.not_configured`) without the block `events`.
 */
export function createEventsService(options: EventsServiceOptions): Service {
  const { config, clock, logger, metrics, storage } = options;
  if (config.events === undefined) {
    const message = 'the configuration has no block events, so there is nowhere to send events to';
    throw new TesseraError({ kind: 'invalid_argument', code: 'events.not_configured', message });
  }
  const sink = createSink(config.events, options);
  const publisher = startPublisher({
    storage,
    sink,
    clock,
    logger,
    source: config.issuer,
    workerId: randomUUID(),
    metrics: createOutboxMetrics(metrics, clock),
    random: () => randomInt(2 ** 32) / 2 ** 32,
  });
  return {
    name: 'events',
    handlers: {},
    bindings: [],
    ready: () => publisher.ready,
    close: () => publisher.close(),
  };
}
