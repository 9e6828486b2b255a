import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import { unavailable } from '@tessera/errors';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import { describe, expect, it } from 'vitest';
import { openSealedDocuments } from '../sealed-documents.ts';
import type { FakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { accessToken, signOne, testConfig, testKey, waitUntil } from '../testing/test-service.ts';
import { openKeyEncryptionKey } from './key-encryption-key.ts';
import { describeSealing } from './sealing-operations.ts';
import { decodeKey } from './sources/decode-key.ts';
import { type Replica, snapshot, startReadyReplica, startReplica, valueSource } from './testing/start-replica.ts';

const fingerprint = (seed: number): string => decodeKey(testKey(seed), 'test').fingerprint;
const before = valueSource(1);
const after = { ...valueSource(2), alsoOpens: [valueSource(1)] };

/** A storage that a service with the key 1 has used. */
async function usedStorage(): Promise<FakeKeySetStorage> {
  const service = await startReadyReplica({ keyEncryption: before });
  await service.close();
  return service.storage;
}

/** Under which keys each document stands, as all the keys of the tests tell. */
async function sealedUnder(storage: FakeKeySetStorage): Promise<Readonly<Record<string, readonly string[]>>> {
  const keyEncryption = { ...valueSource(1), alsoOpens: [valueSource(2), valueSource(3)] };
  const config = testConfig({ keyEncryption });
  const { documents } = await describeSealing({ config, storage, clock: createFakeClock(), logger: silentLogger });
  return Object.fromEntries(documents.map((one) => [one.name, one.sealedUnder]));
}

/** What the keys say, whatever they are sealed under. */
async function contentOf(replica: Replica): Promise<unknown> {
  const { versions } = await replica.api.getSecrets('refresh_token');
  return { keys: await replica.api.getPublicKeys(), versions };
}

async function isAllUnder(storage: FakeKeySetStorage, seed: number): Promise<boolean> {
  return Object.values(await sealedUnder(storage)).every((keys) => keys.join() === fingerprint(seed));
}

describe('sealing anew', () => {
  it('moves every document and every key in it under the new key, changes nothing in them and tells nothing', async () => {
    const first = await startReadyReplica({ keyEncryption: before });
    const { storage } = first;
    const content = await contentOf(first);
    await first.close();
    const told = storage.events.length;
    const second = await startReadyReplica({ keyEncryption: after, storage });
    expect(await isAllUnder(storage, 2)).toBe(true);
    expect(await contentOf(second)).toEqual(content);
    expect(storage.events).toHaveLength(told);
    await second.close();
    const third = await startReadyReplica({ keyEncryption: valueSource(2), storage });
    expect(await contentOf(third)).toEqual(content);
    await expect(signOne(third, accessToken(third.clock))).resolves.toHaveLength(1);
    await third.close();
  });

  it('is done once by three replicas that race, and not again', async () => {
    const storage = await usedStorage();
    const stored = snapshot(storage);
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica({ keyEncryption: after, storage })));
    await Promise.all(replicas.map((replica) => replica.ready()));
    for (const [name, { version }] of stored) expect(storage.documents.get(name)?.version).toBe(version + 1);
    expect(await isAllUnder(storage, 2)).toBe(true);
    const [one] = replicas;
    const { won } = storage.writes;
    await one?.passTimeUntil(() => one.clock.monotonicMs() > 120_000);
    expect(storage.writes.won).toBe(won);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('that ends between two documents goes on with the next replica, and what a lone key does not open stays', async () => {
    const storage = await usedStorage();
    let writes = 0;
    const dying = await startReadyReplica({
      keyEncryption: after,
      storage,
      reach: (whole) => ({
        getKeySet: (name) => whole.getKeySet(name),
        async compareAndSetKeySet(...write) {
          writes += 1;
          if (writes > 1) throw unavailable('storage.unavailable', 'the process ends here');
          return whole.compareAndSetKeySet(...write);
        },
      }),
    });
    await dying.close();
    const halves = Object.values(await sealedUnder(storage)).map((keys) => keys.join());
    expect(new Set(halves)).toEqual(new Set([fingerprint(1), fingerprint(2)]));
    const stored = snapshot(storage);
    for (const seed of [1, 2]) {
      const lone = await startReplica({ keyEncryption: valueSource(seed), storage });
      await expect(lone.ready()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
      await lone.close();
    }
    expect(storage.documents).toEqual(stored);
    const next = await startReadyReplica({ keyEncryption: after, storage });
    expect(await isAllUnder(storage, 2)).toBe(true);
    await next.close();
  });

  it('a write for another reason puts everything under the current key as well', async () => {
    const storage = await usedStorage();
    const replica = await startReadyReplica({ keyEncryption: before, storage });
    await replica.close();
    const clock = createFakeClock();
    clock.advance(21_600 - 1260);
    const rotating = await startReadyReplica({ keyEncryption: after, storage, clock });
    expect((await rotating.api.getPublicKeys()).keys).toHaveLength(2);
    expect(await isAllUnder(storage, 2)).toBe(true);
    await rotating.close();
  });

  it('documents of version 0.1.0 that nobody reads any more are sealed anew too', async () => {
    const storage = await usedStorage();
    const key = await openKeyEncryptionKey({
      config: before,
      storage,
      documentNames: [],
      openTransit: () => Promise.reject(new Error('not used')),
      clock: createFakeClock(),
      logger: silentLogger,
      mayMake: false,
    });
    const { signing, earlierSigning } = openSealedDocuments(storage, key);
    const { document } = await signing.load();
    if (document === undefined) throw new Error('nothing stored');
    await earlierSigning[0]?.replace(0, document, []);
    expect((await sealedUnder(storage))['signing:RS256']).toEqual([fingerprint(1)]);
    const replica = await startReadyReplica({ keyEncryption: after, storage });
    expect((await sealedUnder(storage))['signing:RS256']).toEqual([fingerprint(2)]);
    await replica.close();
  });
});

describe('replicas of different configurations', () => {
  it('one without the new key signs from memory until that is too old, says what is missing, and writes nothing', async () => {
    const clock = createFakeClock();
    const old = await startReadyReplica({ keyEncryption: before, clock });
    const { storage } = old;
    const fresh = await startReadyReplica({ keyEncryption: after, storage, clock });
    const [stored, writtenBefore] = [snapshot(storage), old.written.length];
    await old.passTimeUntil(() => old.log.lines.some((line) => line.includes(fingerprint(2))));
    const complaint = old.log.lines.find((line) => line.includes(fingerprint(2)));
    expect(complaint).toMatch(/the stored document "\w+" is sealed under the key-encryption key [0-9a-f]{16}/);
    expect(complaint).toContain(`this process has ${fingerprint(1)}`);
    expect(complaint).toContain('keyEncryption.alsoOpens');
    await expect(signOne(old, accessToken(clock))).resolves.toHaveLength(1);
    clock.advance(700);
    await expect(signOne(old, accessToken(clock))).rejects.toMatchObject({ code: 'keys.stale' });
    await expect(signOne(fresh, accessToken(clock))).resolves.toHaveLength(1);
    // What it signed it may note in a document that nobody made before.
    for (const name of old.written.slice(writtenBefore)) expect([...stored.keys()]).not.toContain(name);
    await Promise.all([old.close(), fresh.close()]);
  });

  it('step by step every replica opens everything, and those of two steps do not take turns', async () => {
    const clock = createFakeClock();
    const stepOne = { ...valueSource(1), alsoOpens: [valueSource(2)] };
    const old = await startReadyReplica({ keyEncryption: stepOne, clock });
    const { storage } = old;
    const content = await contentOf(old);
    const fresh = await startReadyReplica({ keyEncryption: after, storage, clock });
    expect(await isAllUnder(storage, 2)).toBe(true);
    const { won } = storage.writes;
    const startMs = clock.monotonicMs();
    await old.passTimeUntil(() => clock.monotonicMs() - startMs > 300_000);
    expect(storage.writes.won).toBe(won);
    expect(old.log.lines.join('\n')).toContain('another replica seals under another key-encryption key');
    for (const replica of [old, fresh]) {
      expect(await contentOf(replica)).toMatchObject({
        keys: { keys: (content as { keys: { keys: unknown } }).keys.keys },
      });
    }
    await old.close();
    expect(await isAllUnder(storage, 2)).toBe(true);
    await fresh.close();
  });

  it('what an old replica wrote meanwhile is brought under the new key after ten minutes, without a restart', async () => {
    const clock = createFakeClock();
    const storage = await usedStorage();
    const fresh = await startReadyReplica({ keyEncryption: after, storage, clock });
    const back = await startReadyReplica({
      keyEncryption: { ...valueSource(1), alsoOpens: [valueSource(2)] },
      storage,
    });
    await back.close();
    expect(await isAllUnder(storage, 1)).toBe(true);
    const startMs = clock.monotonicMs();
    await fresh.passTimeUntil(() => isAllUnder(storage, 2));
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(600_000);
    await fresh.close();
  });

  it('a key file that changes takes effect without a restart', async () => {
    await using folder = await createTempDirectory('kek');
    const file = join(folder.path, 'key');
    await writeFile(file, testKey(1));
    const keyEncryption = { type: 'file', file, createIfMissing: false } as const;
    const replica = await startReadyReplica({ keyEncryption });
    expect(await isAllUnder(replica.storage, 1)).toBe(true);
    await writeFile(file, testKey(2));
    replica.clock.advance(31);
    await waitUntil(() => isAllUnder(replica.storage, 2));
    const next = await startReadyReplica({ keyEncryption, storage: replica.storage });
    expect(await contentOf(next)).toEqual(await contentOf(replica));
    await Promise.all([replica.close(), next.close()]);
  });
});
