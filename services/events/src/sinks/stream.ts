import type { Writable } from 'node:stream';
import type { EventSink } from '../ports.ts';
import { allPublished, linesOf } from './lines.ts';

/** Writes each event as a line to a stream that is somebody else's. Published means that the stream has taken it. */
export function createStreamSink(output: Writable): EventSink {
  // Each write reports its own failure; without a listener the stream's would end the process, after closing too.
  output.on('error', () => undefined);
  return {
    async ready() {
      if (!output.writable) throw new Error('the standard output is closed');
    },
    publish: (events) => allPublished(events, () => write(output, linesOf(events))),
    async close() {},
  };
}

function write(output: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
