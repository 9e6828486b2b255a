import { appendFile, mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createFileSink } from './file.ts';

const message = (id: string) => ({ id, key: 'key', body: `{"id":"${id}"}` });

test('Each event is a line, behind what the file held before, readable to the owner alone', async () => {
  await using directory = await createTempDirectory('events');
  const path = join(directory.path, 'events.jsonl');
  const first = createFileSink(path);
  expect(await first.publish([message('1'), message('2')])).toEqual({ published: [0, 1], refused: [] });
  await first.close();
  const second = createFileSink(path);
  await second.ready();
  await second.publish([message('3')]);
  await second.close();
  expect(await readFile(path, 'utf8')).toBe('{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('A file that was moved away is followed by a new one', async () => {
  await using directory = await createTempDirectory('events');
  const path = join(directory.path, 'events.jsonl');
  const sink = createFileSink(path);
  await sink.publish([message('1')]);
  await rename(path, `${path}.1`);
  await sink.publish([message('2')]);
  await sink.close();
  expect(await readFile(`${path}.1`, 'utf8')).toBe('{"id":"1"}\n');
  expect(await readFile(path, 'utf8')).toBe('{"id":"2"}\n');
});

test('A line that a crash has torn does not swallow the next event', async () => {
  await using directory = await createTempDirectory('events');
  const path = join(directory.path, 'events.jsonl');
  await appendFile(path, '{"id":"1"}\n{"id":');
  const sink = createFileSink(path);
  await sink.publish([message('2')]);
  await sink.close();
  expect(await readFile(path, 'utf8')).toBe('{"id":"1"}\n{"id":\n{"id":"2"}\n');
});

test('A file that cannot be written is a failure that passes when it can', async () => {
  await using directory = await createTempDirectory('events');
  const path = join(directory.path, 'absent', 'events.jsonl');
  const sink = createFileSink(path);
  await expect(sink.ready()).rejects.toThrow('ENOENT');
  expect(await sink.publish([message('1')])).toMatchObject({ published: [], failure: { code: 'ENOENT' } });
  await mkdir(join(directory.path, 'absent'));
  expect(await sink.publish([message('1')])).toEqual({ published: [0], refused: [] });
  await sink.close();
});
