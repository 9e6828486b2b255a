import type { CloudEventMessage, EventSink, PublishOutcome } from '../ports.ts';

/** A sink in memory that does what a test tells it to. */
export interface FakeSink extends EventSink {
  /** Everything that arrived, in order, repetitions too. */
  readonly arrived: CloudEventMessage[];
  readonly isClosed: boolean;
  /** What it does with events; takes them all until a test says otherwise. */
  answer: (events: readonly CloudEventMessage[]) => Promise<PublishOutcome>;
}

/** Creates a {@link FakeSink}. */
export function createFakeSink(): FakeSink {
  const arrived: CloudEventMessage[] = [];
  const closing = Promise.withResolvers<PublishOutcome>();
  let isClosed = false;
  const sink: FakeSink = {
    arrived,
    get isClosed() {
      return isClosed;
    },
    async answer(events) {
      arrived.push(...events);
      return { published: [...events.keys()], refused: [] };
    },
    async ready() {},
    publish: (events) => Promise.race([sink.answer(events), closing.promise]),
    async close() {
      isClosed = true;
      closing.resolve({ published: [], refused: [], failure: new Error('closed') });
    },
  };
  return sink;
}
