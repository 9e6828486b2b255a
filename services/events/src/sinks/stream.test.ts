import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createStreamSink } from './stream.ts';

const message = (id: string) => ({ id, key: 'key', body: `{"id":"${id}"}` });

test('Each event is a line', async () => {
  const output = new PassThrough();
  const sink = createStreamSink(output);
  expect(await sink.publish([message('1'), message('2')])).toEqual({ published: [0, 1], refused: [] });
  await sink.close();
  output.end();
  expect(await text(output)).toBe('{"id":"1"}\n{"id":"2"}\n');
});

test('A reader that has gone is a failure, and not the end of the process', async () => {
  const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const sink = createStreamSink(output);
  await sink.ready();
  expect(await sink.publish([message('1')])).toMatchObject({ published: [], failure: { message: 'EPIPE' } });
  await expect(sink.ready()).rejects.toThrow('the standard output is closed');
});

test('A reader that goes after the sink was closed does not end the process either', async () => {
  const output = new PassThrough();
  await createStreamSink(output).close();
  output.destroy(new Error('EPIPE'));
  await setImmediate();
  expect(output.destroyed).toBe(true);
});
