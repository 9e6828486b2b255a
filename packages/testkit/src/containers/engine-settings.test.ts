import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTempDirectory } from '../temp-directory.ts';
import { writeEngineSettings } from './engine-settings.ts';

test('A run reads images from the store that builds write, and writes elsewhere', async () => {
  await using directory = await createTempDirectory('engine');
  const images = join(directory.path, 'images');
  const run = join(directory.path, 'run');
  const environments = await writeEngineSettings({ images, run, state: '/run/example' });
  const read = (variables: Readonly<Record<string, string>>, name: string) => readFile(variables[name] ?? '', 'utf8');
  expect(await read(environments.build, 'CONTAINERS_STORAGE_CONF')).toContain(`graphroot = "${images}"`);
  const storage = await read(environments.run, 'CONTAINERS_STORAGE_CONF');
  expect(storage).toContain(`graphroot = "${run}/store"`);
  expect(storage).toContain(`additionalimagestores = ["${images}"]`);
  const settings = await read(environments.run, 'CONTAINERS_CONF');
  expect(settings).toContain('netns = "none"');
  // The engine that tidies up after a container is told the same settings.
  expect(settings).toContain(`"CONTAINERS_CONF=${environments.run['CONTAINERS_CONF']}"`);
});
