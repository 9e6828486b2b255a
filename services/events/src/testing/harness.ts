import { setImmediate } from 'node:timers/promises';
import { createFakeClock, type FakeClock } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { type Logger, noMetrics } from '@tessera/telemetry';
import { createOutboxMetrics } from '../publishing/outbox-metrics.ts';
import { type Publisher, startPublisher } from '../publishing/publisher.ts';
import { createFakeOutbox, type FakeOutbox } from './fake-outbox.ts';
import { createFakeSink, type FakeSink } from './fake-sink.ts';

/** A publisher over fakes, and the means to move it. */
export interface Harness {
  readonly clock: FakeClock;
  readonly outbox: FakeOutbox;
  readonly sink: FakeSink;
  readonly log: readonly string[];
  /** Starts a worker on the same outbox and sink, or another sink. */
  readonly start: (workerId: string, sink?: FakeSink) => Publisher;
  /** Moves time on in small steps, and lets what falls due happen. */
  readonly pass: (seconds: number) => Promise<void>;
}

const STEP_SECONDS = 0.25;
/** More turns of the event loop than any chain of fakes takes. */
const TURNS = 12;

/** The issuer of the tests. */
export const source = 'https://id.example.org/dex';

/** Creates a {@link Harness} in which no worker runs yet. */
export function createHarness(): Harness {
  const clock = createFakeClock();
  const outbox = createFakeOutbox(clock);
  const sink = createFakeSink();
  const log: string[] = [];
  const write =
    (level: string) =>
    (_fields: unknown, message: string): void =>
      void log.push(`${level}: ${message}`);
  const logger: Logger = { debug() {}, info: write('info'), warn: write('warn'), error: write('error') };
  const metrics = createOutboxMetrics(noMetrics, clock);
  return {
    clock,
    outbox,
    sink,
    log,
    start: (workerId, own = sink) =>
      startPublisher({ storage: outbox, sink: own, clock, logger, metrics, source, workerId, random: () => 0.5 }),
    async pass(seconds) {
      for (let left = seconds; left >= 0; left -= STEP_SECONDS) {
        for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
        if (left > 0) clock.advance(STEP_SECONDS);
      }
    },
  };
}

/** The event with this number; each key has its own numbers. */
export function event(number: number, key = 'a'): SecurityEvent {
  return {
    id: `${key}${number}`,
    type: 'grant.revoked',
    key,
    time: new Date('2026-01-01T00:00:00Z'),
    data: JSON.stringify({ number }),
  };
}

/** Numbers `from` to `to`. */
export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** Ids in the order in which each arrived for the first time. */
export function firstArrivals(sink: FakeSink): string[] {
  return [...new Set(sink.arrived.map(({ id }) => id))];
}
