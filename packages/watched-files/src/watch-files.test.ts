import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { Logger } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { watchFiles } from './watch-files.ts';

function recordingLogger() {
  const lines: string[] = [];
  const record = (level: string) => (_fields: unknown, message: string) => void lines.push(`${level} ${message}`);
  const logger: Logger = { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') };
  return { logger, lines };
}

async function watchTwo() {
  const folder = await createTempDirectory('watched');
  const files = [join(folder.path, 'one'), join(folder.path, 'two')] as const;
  await writeFile(files[0], 'a');
  await writeFile(files[1], 'a');
  const clock = createFakeClock();
  const { logger, lines } = recordingLogger();
  const load = ([one, two]: readonly Buffer[]): string => {
    if (one?.toString() !== two?.toString()) throw new Error('the two differ');
    return String(one);
  };
  const watch = watchFiles({ files, load, what: 'the pair', clock, logger, intervalMs: 1000 });
  const heard: string[] = [];
  watch.onChange((value) => heard.push(value));
  const close = async (): Promise<void> => {
    watch.close();
    await folder.remove();
  };
  return { folder, files, clock, lines, watch, heard, [Symbol.asyncDispose]: close };
}

test('what has changed is told once, when all of it has', async () => {
  await using bench = await watchTwo();
  const { watch, files, heard, lines } = bench;
  await watch.check();
  expect(lines).toEqual([]);
  await writeFile(files[0], 'b');
  await watch.check();
  await watch.check();
  expect(watch.current()).toBe('a');
  expect(lines).toEqual(['warn the pair cannot be used as it is now; the former stays']);
  await writeFile(files[1], 'b');
  await watch.check();
  await watch.check();
  expect(heard).toEqual(['b']);
  expect(watch.current()).toBe('b');
  expect(lines.at(-1)).toBe('info the pair has changed and is used from now on');
});

test('a file that is gone for a while changes nothing', async () => {
  await using bench = await watchTwo();
  const { watch, files, heard } = bench;
  await rm(files[0]);
  await watch.check();
  expect(watch.current()).toBe('a');
  await writeFile(files[0], 'a');
  await watch.check();
  expect(heard).toEqual([]);
});

test('a folder that is replaced by a link, as mounted secrets are, is a change like any other', async () => {
  await using folder = await createTempDirectory('mounted');
  for (const version of ['1', '2']) {
    await mkdir(join(folder.path, version));
    await writeFile(join(folder.path, version, 'secret'), version);
  }
  await symlink('1', join(folder.path, 'data'));
  const { logger } = recordingLogger();
  const file = join(folder.path, 'data', 'secret');
  const watch = watchFiles({ files: [file], load: String, what: 'x', clock: createFakeClock(), logger });
  await symlink('2', join(folder.path, 'next'));
  await rename(join(folder.path, 'next'), join(folder.path, 'data'));
  await watch.check();
  expect(watch.current()).toBe('2');
  watch.close();
});

test('it looks by itself, until it is closed', async () => {
  await using bench = await watchTwo();
  const { watch, files, clock, heard } = bench;
  for (const file of files) await writeFile(file, 'c');
  clock.advance(1);
  await expect.poll(() => heard).toEqual(['c']);
  watch.close();
  for (const file of files) await writeFile(file, 'd');
  clock.advance(5);
  expect(watch.current()).toBe('c');
});

test('at first, what cannot be read or used is thrown', async () => {
  await using folder = await createTempDirectory('absent');
  const { logger } = recordingLogger();
  const files = [join(folder.path, 'absent')];
  const load = (): never => {
    throw new Error('unusable');
  };
  expect(() => watchFiles({ files, load: String, what: 'x', clock: createFakeClock(), logger })).toThrow('ENOENT');
  await writeFile(files[0] ?? '', '');
  expect(() => watchFiles({ files, load, what: 'x', clock: createFakeClock(), logger })).toThrow('unusable');
});
