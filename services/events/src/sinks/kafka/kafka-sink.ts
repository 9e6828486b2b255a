import type { Clock, Timer } from '@tessera/clock';
import type { CloudEventMessage, EventSink } from '../../ports.ts';
import type { KafkaProducer, OutgoingRecord } from './producer.ts';
import { sendInOrder } from './send-in-order.ts';

/** What the sink is made of. */
export interface KafkaSinkOptions {
  readonly clock: Clock;
  /** Rejects when no broker can be reached. */
  readonly connect: () => Promise<KafkaProducer>;
}

/** Shorter than what brokers and firewalls in between put up with. */
const IDLE_MS = 30_000;
/** Longer than the client's own time limits together, which go by the wall clock and are none when that is set back. */
const GIVE_UP_MS = 60_000;
/** CloudEvents Kafka binding 1.0 §3.3: structured mode. */
const HEADERS = { 'content-type': 'application/cloudevents+json; charset=utf-8' };

/**
 * Sends events to a topic, as CloudEvents in structured mode with the event's key as the record's. Connects when there is
 * something to send, anew after each failure, and hangs up when there was nothing for half a minute.
 */
export function createKafkaSink({ clock, connect }: KafkaSinkOptions): EventSink {
  let producer: KafkaProducer | undefined;
  let idle: Timer | undefined;
  let isClosed = false;
  let hangUps = 0;
  const hangUp = (): void => {
    hangUps += 1;
    idle?.cancel();
    producer?.close();
    producer = undefined;
  };
  const connected = async (): Promise<KafkaProducer> => {
    const before = hangUps;
    const made = producer ?? (await connect());
    if (isClosed || hangUps !== before) {
      made.close();
      throw new Error('the connection to Kafka is being closed');
    }
    producer = made;
    return made;
  };
  const send = async (records: readonly OutgoingRecord[]): Promise<void> => {
    idle?.cancel();
    const sent = connected().then((present) => present.send(records));
    await inTime(clock, sent);
  };
  return {
    async ready() {
      try {
        await send([]);
        idle = clock.schedule(IDLE_MS, hangUp);
      } catch (error) {
        hangUp();
        throw error;
      }
    },
    async publish(events) {
      const outcome = await sendInOrder(events.map(recordOf), send);
      if (outcome.failure === undefined) idle = clock.schedule(IDLE_MS, hangUp);
      else hangUp();
      return outcome;
    },
    async close() {
      isClosed = true;
      hangUp();
    },
  };
}

async function inTime(clock: Clock, work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error(`Kafka did not answer within ${GIVE_UP_MS / 1000} s`));
  const timer = clock.schedule(GIVE_UP_MS, giveUp);
  try {
    await Promise.race([work, late]);
  } finally {
    timer.cancel();
  }
}

function recordOf({ key, body }: CloudEventMessage): OutgoingRecord {
  return { key, value: body, headers: HEADERS };
}
