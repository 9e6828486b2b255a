import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTempDirectory } from '../temp-directory.ts';
import { removeLeftOvers, runPrefix } from './left-overs.ts';

test('Folders of processes that have ended are removed, and those of living ones are left alone', async () => {
  await using directory = await createTempDirectory('runs');
  const own = `${await runPrefix()}abc`;
  // The id of this process, which belonged to another one before.
  const reused = `${process.pid}-1-abc`;
  const ended = '4194304-12345-abc';
  for (const name of [own, reused, ended]) await mkdir(join(directory.path, name, 'store'), { recursive: true });
  expect(await removeLeftOvers(directory.path)).toBe(1);
  expect(await readdir(directory.path)).toEqual([own]);
});

test('There is nothing to remove before the first run', async () => {
  expect(await removeLeftOvers('/nonexistent/runs')).toBe(0);
});
