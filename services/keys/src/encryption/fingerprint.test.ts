import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import { describe, expect, test } from 'vitest';
import { hasKeyEncryptionKey, type KeyAccess, keyEncryptionFingerprint } from './fingerprint.ts';
import { createFakeTransit } from './testing/fake-transit.ts';
import { startReadyReplica, valueSource, vaultSource } from './testing/start-replica.ts';

const KEY = valueSource(1).value;
const nothing: KeyAccess = { clock: createFakeClock(), logger: silentLogger, rootDocument: new Uint8Array() };

describe('fingerprints of key-encryption keys', () => {
  test('one tells two keys apart, wherever they come from, and says something else in each context', async () => {
    await using folder = await createTempDirectory('fingerprint');
    const file = join(folder.path, 'key');
    await writeFile(file, `${KEY}\n`);
    const [one, other] = [randomBytes(32), randomBytes(32)];
    const tell = keyEncryptionFingerprint;
    const ofValue = await tell(valueSource(1), one, nothing);
    expect(await tell({ type: 'file', file, createIfMissing: true }, one, nothing)).toEqual(ofValue);
    expect(await tell(valueSource(1), other, nothing)).not.toEqual(ofValue);
    expect(await tell(valueSource(2), one, nothing)).not.toEqual(ofValue);
    expect(await tell({ type: 'ephemeral' }, one, nothing)).toBeUndefined();
  });

  test('a missing key file is not made for it', async () => {
    await using folder = await createTempDirectory('fingerprint');
    const file = join(folder.path, 'key');
    const asked = keyEncryptionFingerprint({ type: 'file', file, createIfMissing: true }, randomBytes(32), nothing);
    await expect(asked).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
    expect(existsSync(file)).toBe(false);
  });

  test('that of a key that Vault wraps needs the stored document and the server, and comes from both alone', async () => {
    const transit = createFakeTransit('tessera');
    const replica = await startReadyReplica({
      keyEncryption: vaultSource(),
      vaults: { 'https://vault.example.com': transit },
    });
    await replica.close();
    const context = randomBytes(32);
    const rootDocument = replica.storage.documents.get('root')?.payload ?? new Uint8Array();
    const access = { ...nothing, rootDocument, openTransit: async () => transit };
    const told = await keyEncryptionFingerprint(vaultSource(), context, access);
    expect(told).toHaveLength(32);
    expect(await keyEncryptionFingerprint(vaultSource(), context, access)).toEqual(told);
    const asked = { ...access, rootDocument: new Uint8Array() };
    await expect(keyEncryptionFingerprint(vaultSource(), context, asked)).rejects.toMatchObject({
      code: 'keys.wrong_key_encryption_key',
      message: expect.stringContaining('transit/tessera'),
    });
    transit.isDown = true;
    await expect(keyEncryptionFingerprint(vaultSource(), context, access)).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  test('a key that only opens is known as well; one that cannot be had leaves it open', async () => {
    const context = randomBytes(32);
    const former = (await keyEncryptionFingerprint(valueSource(1), context, nothing)) ?? Buffer.alloc(0);
    const both = { ...valueSource(2), alsoOpens: [valueSource(1)] };
    expect(await hasKeyEncryptionKey(both, context, former, nothing)).toBe(true);
    expect(await hasKeyEncryptionKey(valueSource(2), context, former, nothing)).toBe(false);
    const transit = createFakeTransit('tessera');
    const access = { ...nothing, openTransit: async () => transit };
    const withVault = { ...vaultSource(), alsoOpens: [valueSource(1)] };
    expect(await hasKeyEncryptionKey(withVault, context, former, access)).toBe(true);
    const unknown = hasKeyEncryptionKey({ ...valueSource(2), alsoOpens: [vaultSource()] }, context, former, access);
    await expect(unknown).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
  });
});
