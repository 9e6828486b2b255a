import type { EventsConfig } from '@tessera/config';
import { openSecret } from '@tessera/watched-files';
import type { EventSink, EventsServiceOptions } from '../ports.ts';
import { createFileSink } from './file.ts';
import { createKafkaSink } from './kafka/kafka-sink.ts';
import { createStreamSink } from './stream.ts';

/** The configured sink. Nothing is opened before it is used. */
export function createSink(config: EventsConfig, { clock, logger, output }: EventsServiceOptions): EventSink {
  switch (config.type) {
    case 'stdout':
      return createStreamSink(output ?? process.stdout);
    case 'file':
      return createFileSink(config.file);
    case 'kafka': {
      const { sasl } = config;
      const what = 'the password at Kafka';
      const password = openSecret({ value: sasl?.password ?? '', file: sasl?.passwordFile, what, clock, logger });
      const sink = createKafkaSink({
        clock,
        connect: async () => (await import('./kafka/kafkajs-producer.ts')).connectProducer(config, logger, password),
      });
      return {
        ...sink,
        close() {
          password.close();
          return sink.close();
        },
      };
    }
  }
}
