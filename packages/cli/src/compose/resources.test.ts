import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { ResourcesConfig } from '@tessera/config';
import { verifyClientSecret } from '@tessera/credentials';
import { createResourceModel } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createResources, resourcesWithoutSecrets } from './resources.ts';

const configOf = (valueFile: string): ResourcesConfig => ({
  identityResources: [],
  apiScopes: [],
  apiResources: [
    {
      name: 'orders',
      scopes: [],
      claims: [],
      requireResourceIndicator: false,
      secrets: [{ value: 'first', valueFile }, { value: 'fixed' }],
    } as unknown as ResourcesConfig['apiResources'][number],
  ],
});

test('the secret of an API is another as soon as its file is, and the former ends two minutes later', async () => {
  await using folder = await createTempDirectory('api-secrets');
  const valueFile = join(folder.path, 'secret');
  await writeFile(valueFile, 'first');
  const clock = createFakeClock();
  const live = createResources(configOf(valueFile), { clock, logger: silentLogger });
  const model = createResourceModel(live.resources);
  const takes = (secret: string) =>
    verifyClientSecret(secret, model.findApiResource('orders')?.secrets ?? [], clock.now());
  expect(['first', 'second', 'fixed'].map(takes)).toEqual([true, false, true]);
  await writeFile(valueFile, 'second\n');
  clock.advance(10);
  await expect.poll(() => takes('second')).toBe(true);
  expect(['first', 'fixed'].map(takes)).toEqual([true, true]);
  clock.advance(120);
  expect(['first', 'second', 'fixed'].map(takes)).toEqual([false, true, true]);
  live.close();
});

test('a process that is not asked with secrets needs none of their files, and takes no secret', () => {
  const { resources } = resourcesWithoutSecrets(configOf('/nowhere/secret'));
  expect(resources.apiResources[0]?.secrets).toEqual([]);
});
