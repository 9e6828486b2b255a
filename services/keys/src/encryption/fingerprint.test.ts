import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { keyEncryptionFingerprint } from './key-encryption-key.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');

test('a fingerprint tells two keys apart, wherever they come from, and says something else in each context', async () => {
  await using folder = await createTempDirectory('fingerprint');
  const file = join(folder.path, 'key');
  await writeFile(file, `${KEY}\n`);
  const [one, other] = [randomBytes(32), randomBytes(32)];
  const ofValue = await keyEncryptionFingerprint({ type: 'value', value: KEY }, one);
  expect(await keyEncryptionFingerprint({ type: 'file', file, createIfMissing: true }, one)).toEqual(ofValue);
  expect(await keyEncryptionFingerprint({ type: 'value', value: KEY }, other)).not.toEqual(ofValue);
  const another = Buffer.alloc(32, 2).toString('base64');
  expect(await keyEncryptionFingerprint({ type: 'value', value: another }, one)).not.toEqual(ofValue);
  expect(await keyEncryptionFingerprint({ type: 'ephemeral' }, one)).toBeUndefined();
});

test('a missing key file is not made for it', async () => {
  await using folder = await createTempDirectory('fingerprint');
  const file = join(folder.path, 'key');
  const asked = keyEncryptionFingerprint({ type: 'file', file, createIfMissing: true }, randomBytes(32));
  await expect(asked).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
  expect(existsSync(file)).toBe(false);
});
