import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from './run-program.ts';
import { type SoftHsm, startSoftHsm } from './softhsm.ts';

const showSlots = ({ environment }: SoftHsm): Promise<string> =>
  runProgram({ command: 'softhsm2-util', args: ['--show-slots'], env: environment });

test('each token has a directory of its own, which is gone afterwards', async () => {
  const [one, other] = await Promise.all([startSoftHsm(), startSoftHsm({ tokenLabel: 'other' })]);
  expect(existsSync(one.library)).toBe(true);
  expect(await showSlots(one)).toMatch(/Label: +tessera\b/);
  expect(await showSlots(one)).not.toMatch(/Label: +other\b/);
  expect(await showSlots(other)).toMatch(/Label: +other\b/);
  const directory = dirname(other.environment['SOFTHSM2_CONF'] ?? '');
  await Promise.all([one.close(), other.close()]);
  expect(existsSync(directory)).toBe(false);
});

test('a token is out of reach while it is unplugged', async () => {
  const token = await startSoftHsm();
  await token.unplug();
  expect(await showSlots(token)).not.toContain('tessera');
  await token.plugIn();
  expect(await showSlots(token)).toMatch(/Label: +tessera\b/);
  expect(await token.countObjects()).toBe(0);
  await token.close();
});
