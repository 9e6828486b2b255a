import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { KeyEncryptionConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import { describe, expect, it } from 'vitest';
import type { FakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { testConfig, testKey } from '../testing/test-service.ts';
import { describeSealing, resealNow, type SealingOptions } from './sealing-operations.ts';
import { decodeKey } from './sources/decode-key.ts';
import { createFakeTransit } from './testing/fake-transit.ts';
import { snapshot, startReadyReplica, valueSource, vaultSource } from './testing/start-replica.ts';

const fingerprint = (seed: number): string => decodeKey(testKey(seed), 'test').fingerprint;
const both = { ...valueSource(2), alsoOpens: [valueSource(1)] };

async function usedStorage(): Promise<FakeKeySetStorage> {
  const service = await startReadyReplica({ keyEncryption: valueSource(1) });
  await service.close();
  return service.storage;
}

function optionsOf(storage: FakeKeySetStorage, keyEncryption: KeyEncryptionConfig): SealingOptions {
  return {
    config: testConfig({ keyEncryption }),
    storage,
    clock: createFakeClock(),
    logger: silentLogger,
    openTransit: async () => createFakeTransit('tessera'),
  };
}

describe('the description of what is sealed', () => {
  it('says which key each document is under by its fingerprint, and writes nothing', async () => {
    const storage = await usedStorage();
    const stored = snapshot(storage);
    const { keys, documents } = await describeSealing(optionsOf(storage, both));
    expect(keys).toEqual([
      { role: 'seals', source: 'keyEncryption.value', fingerprint: fingerprint(2) },
      { role: 'opens', source: 'keyEncryption.alsoOpens', fingerprint: fingerprint(1) },
    ]);
    expect(documents.map(({ name }) => name)).toEqual(expect.arrayContaining(['secrets', 'signing']));
    for (const one of documents) expect(one).toMatchObject({ state: 'former', sealedUnder: [fingerprint(1)] });
    const alone = await describeSealing(optionsOf(storage, valueSource(1)));
    for (const one of alone.documents) expect(one).toMatchObject({ state: 'current', sealedUnder: [fingerprint(1)] });
    expect(storage.documents).toEqual(stored);
  });

  it('names the key that is missing where a document does not open', async () => {
    const storage = await usedStorage();
    const { documents } = await describeSealing(optionsOf(storage, valueSource(3)));
    for (const one of documents) {
      const problem = expect.stringContaining(fingerprint(1));
      expect(one).toMatchObject({ state: 'unopened', sealedUnder: [fingerprint(1)], problem });
    }
  });

  it('a key that is not made yet, in a file or in Vault, is not made by it', async () => {
    const storage = await usedStorage();
    await using folder = await createTempDirectory('sealing');
    const file = join(folder.path, 'key');
    const missing = describeSealing(optionsOf(storage, { type: 'file', file, createIfMissing: true }));
    await expect(missing).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
    expect(existsSync(file)).toBe(false);
    const stored = snapshot(storage);
    const { keys, documents } = await describeSealing(
      optionsOf(storage, { ...vaultSource(), alsoOpens: [valueSource(1)] }),
    );
    const problem = expect.stringContaining('storage holds no key-encryption key');
    expect(keys[0]).toEqual({ role: 'seals', source: 'Vault transit/tessera', problem });
    for (const one of documents) expect(one).toMatchObject({ state: 'former', sealedUnder: [fingerprint(1)] });
    expect(storage.documents).toEqual(stored);
  });

  it('fails as storage does', async () => {
    const storage = await usedStorage();
    storage.isDown = true;
    await expect(describeSealing(optionsOf(storage, valueSource(1)))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('sealing anew by hand', () => {
  it('moves everything at once, and a second time nothing', async () => {
    const storage = await usedStorage();
    const names = [...storage.documents.keys()];
    const { resealed, description } = await resealNow(optionsOf(storage, both));
    expect(resealed.toSorted()).toEqual(names.toSorted());
    for (const one of description.documents) expect(one).toMatchObject({ sealedUnder: [fingerprint(2)] });
    expect((await resealNow(optionsOf(storage, both))).resealed).toEqual([]);
  });

  it('of three at once each document is written by one', async () => {
    const storage = await usedStorage();
    const stored = snapshot(storage);
    const results = await Promise.all([1, 2, 3].map(() => resealNow(optionsOf(storage, both))));
    expect(results.flatMap(({ resealed }) => resealed).toSorted()).toEqual([...stored.keys()].toSorted());
    for (const [name, { version }] of stored) expect(storage.documents.get(name)?.version).toBe(version + 1);
  });

  it('leaves alone what does not open, and says so', async () => {
    const storage = await usedStorage();
    const [name = ''] = storage.documents.keys();
    const changed = storage.documents.get(name);
    if (changed === undefined) throw new Error('nothing stored');
    changed.payload = Uint8Array.from(changed.payload, (byte, position) => (position === 40 ? byte ^ 1 : byte));
    const { payload } = changed;
    const { resealed, description } = await resealNow(optionsOf(storage, both));
    expect(resealed).not.toContain(name);
    expect(storage.documents.get(name)?.payload).toEqual(payload);
    const damaged = description.documents.find((one) => one.name === name);
    expect(damaged).toMatchObject({ state: 'unopened', problem: expect.stringContaining('was changed') });
  });
});
