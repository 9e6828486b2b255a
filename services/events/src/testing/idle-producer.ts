// A process of its own that publishes one event and then does nothing for a second: prints what Node warned of, and how many
// timers were armed meanwhile. Arguments: broker, topic.
import { createHook } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '@tessera/telemetry';
import { connectProducer } from '../sinks/kafka/kafkajs-producer.ts';

const [broker = '', topic = ''] = process.argv.slice(2);
const warnings: string[] = [];
process.on('warning', ({ name }) => void warnings.push(name));
const producer = await connectProducer({ type: 'kafka', brokers: [broker], topic, clientId: 'idle' }, silentLogger);
await producer.send([{ key: 'key', value: 'value', headers: {} }]);
let timersPerSecond = 0;
const counting = createHook({
  init(_id, type) {
    if (type === 'Timeout') timersPerSecond += 1;
  },
}).enable();
await delay(1_000);
counting.disable();
producer.close();
process.stdout.write(JSON.stringify({ warnings, timersPerSecond }));
