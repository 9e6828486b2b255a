import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyEncryptionConfig } from '@tessera/config';
import { createTempDirectory } from '@tessera/testkit';
import { describe, expect, it } from 'vitest';
import { createFakeKeySetStorage, type FakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { accessToken, signOne, testKey, waitUntil } from '../testing/test-service.ts';
import { createFakeTransit } from './testing/fake-transit.ts';
import {
  type Replica,
  snapshot,
  startReadyReplica,
  startReplica,
  valueSource,
  vaultSource,
} from './testing/start-replica.ts';

const ADDR = 'https://vault.example.com';

/** One way to keep the key-encryption key, and what a thief of the database tries in its place. */
interface Case {
  readonly title: string;
  readonly own: (folder: string) => Promise<KeyEncryptionConfig>;
  readonly thief: (folder: string) => Promise<KeyEncryptionConfig>;
}

const file = (path: string, createIfMissing = false): KeyEncryptionConfig => ({
  type: 'file',
  file: path,
  createIfMissing,
});

async function keyFile(path: string, seed: number): Promise<KeyEncryptionConfig> {
  await writeFile(path, testKey(seed));
  return file(path);
}

const CASES: readonly Case[] = [
  { title: 'a value', own: async () => valueSource(1), thief: async () => valueSource(2) },
  {
    title: 'a file',
    own: (folder) => keyFile(join(folder, 'own'), 1),
    thief: (folder) => keyFile(join(folder, 'other'), 2),
  },
  {
    title: 'a file that was made, against one of the thief',
    own: async (folder) => file(join(folder, 'made'), true),
    thief: (folder) => keyFile(join(folder, 'other'), 2),
  },
  { title: 'Vault, against another Vault', own: async () => vaultSource(), thief: async () => vaultSource() },
  {
    title: 'Vault, against a Transit key of another name',
    own: async () => vaultSource(),
    thief: async () => vaultSource('mine'),
  },
  { title: 'Vault, against a key of the thief', own: async () => vaultSource(), thief: async () => valueSource(2) },
  { title: 'a value, against Vault', own: async () => valueSource(1), thief: async () => vaultSource() },
  { title: 'a key in memory', own: async () => ({ type: 'ephemeral' }), thief: async () => ({ type: 'ephemeral' }) },
  {
    title: 'a value, with further keys of the thief',
    own: async () => valueSource(1),
    thief: async () => ({ ...valueSource(2), alsoOpens: [valueSource(3), { type: 'ephemeral' }] }),
  },
];

async function expectNothing(replica: Replica): Promise<void> {
  await expect(replica.ready()).rejects.toMatchObject({
    kind: 'invalid_argument',
    code: expect.stringMatching(/^keys\.(?:wrong_key_encryption_key|vault_refused)$/),
  });
  await expect(replica.api.sign([[accessToken(replica.clock)]])).rejects.toMatchObject({ code: 'keys.not_ready' });
  await expect(replica.api.getSecrets('refresh_token')).rejects.toMatchObject({ code: 'keys.not_ready' });
  const published = expect(replica.api.getPublicKeys()).rejects.toMatchObject({ code: 'keys.not_ready' });
  // It waits for keys as long as a caller does.
  await waitUntil(() => {
    replica.clock.advance(1);
    return replica.clock.monotonicMs() > 60_000;
  });
  await published;
}

describe('a copy of the database without the key-encryption key', () => {
  it.each(CASES)('opens and signs nothing, and nothing in it is overwritten: $title', async ({ own, thief }) => {
    await using folder = await createTempDirectory('dump');
    const transit = createFakeTransit('tessera');
    const owner = await startReadyReplica({ keyEncryption: await own(folder.path), vaults: { [ADDR]: transit } });
    await signOne(owner, accessToken(owner.clock));
    await owner.close();
    const { storage } = owner;
    const whole = snapshot(storage);
    expect([...whole.keys()]).toEqual(expect.arrayContaining(['journal', 'secrets', 'signing']));
    const theirs = { [ADDR]: createFakeTransit('tessera', 'mine') };
    // Also of a part of it: whatever is missing must not be made beside what does not open.
    for (const left of [[...whole.keys()], ...[...whole.keys()].map((name) => [name])]) {
      if (left.join() === 'root') continue;
      storage.documents.clear();
      for (const name of left)
        storage.documents.set(name, whole.get(name) ?? { version: 0, payload: new Uint8Array() });
      const stored = snapshot(storage);
      const keyEncryption = await thief(folder.path);
      const replica = await startReplica({ keyEncryption, storage, vaults: theirs });
      await expectNothing(replica);
      await replica.close();
      expect(storage.documents).toEqual(stored);
    }
  });

  it('a key file that was made on first start is not made anew beside what it sealed', async () => {
    await using folder = await createTempDirectory('dump');
    const owner = await startReadyReplica({ keyEncryption: file(join(folder.path, 'made'), true) });
    await owner.close();
    const stored = snapshot(owner.storage);
    const elsewhere = { keyEncryption: file(join(folder.path, 'elsewhere'), true), storage: owner.storage };
    await expect(startReplica(elsewhere)).rejects.toMatchObject({ message: expect.stringContaining('put it back') });
    await expect(readFile(join(folder.path, 'elsewhere'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(owner.storage.documents).toEqual(stored);
  });

  it('swapped documents are refused under the right key too, and stay as they are', async () => {
    const owner = await startReadyReplica({ keyEncryption: valueSource(1) });
    await signOne(owner, accessToken(owner.clock));
    await owner.close();
    const whole = snapshot(owner.storage);
    for (const name of whole.keys()) {
      for (const other of whole.keys()) {
        if (name === other) continue;
        const storage = createFakeKeySetStorage();
        for (const [key, stored] of whole) storage.documents.set(key, stored);
        swap(storage, name, other);
        const swapped = snapshot(storage);
        const replica = await startReplica({ keyEncryption: valueSource(1), storage });
        await expect(replica.ready()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
        await replica.close();
        expect(storage.documents).toEqual(swapped);
      }
    }
  });
});

function swap({ documents }: FakeKeySetStorage, name: string, other: string): void {
  const [one, two] = [documents.get(name), documents.get(other)];
  if (one === undefined || two === undefined) throw new Error('nothing stored');
  documents.set(name, two).set(other, one);
}
