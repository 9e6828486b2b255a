import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock } from '@tessera/clock';
import type { KeyEncryptionConfig } from '@tessera/config';
import { silentLogger } from '@tessera/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeySetStorage } from '../ports.ts';
import { openSealedDocuments } from '../sealed-documents.ts';
import { createFakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { createKeyEncryptionRing } from '../testing/key-encryption-ring.ts';
import { accessToken, signOne, startTestService, testKey } from '../testing/test-service.ts';
import { createDocumentStore } from './document-store.ts';
import { openKey, sealKey } from './envelope.ts';
import { type KeyEncryptionKey, openKeyEncryptionKey } from './key-encryption-key.ts';
import { resealNow } from './sealing-operations.ts';

/** Opens the keys of a configuration beside an empty storage, or a given one. */
function load(
  config: KeyEncryptionConfig,
  storage: KeySetStorage = createFakeKeySetStorage(),
): Promise<KeyEncryptionKey> {
  return openKeyEncryptionKey({
    config,
    storage,
    documentNames: ['signing'],
    openTransit: () => Promise.reject(new Error('not used')),
    clock: createFakeClock(),
    logger: silentLogger,
    mayMake: true,
  });
}

describe('stored documents', () => {
  it('a flipped byte anywhere is refused', async () => {
    const service = await startTestService();
    await service.ready();
    await service.close();
    const { documents } = service.storage;
    const store = async (name: string) => {
      const { documents: ring } = await load({ type: 'value', value: testKey(1) });
      return createDocumentStore({ storage: service.storage, name, ring, toJson: String, fromJson: String });
    };
    for (const [name, document] of documents) {
      const { payload } = document;
      await expect((await store(name)).load()).resolves.toBeDefined();
      const opened = await store(name);
      for (let position = 0; position < payload.length; position += 1) {
        const changed = Uint8Array.from(payload);
        changed[position] = (changed[position] ?? 0) ^ 1;
        document.payload = changed;
        await expect(opened.load()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
      }
    }
  });

  it('a flipped byte anywhere in what was sealed anew is refused under the new key and the one of before', async () => {
    const service = await startTestService();
    await service.ready();
    await signOne(service, accessToken(service.clock));
    await service.close();
    const { storage, clock } = service;
    const keyEncryption = {
      type: 'value',
      value: testKey(2),
      alsoOpens: [{ type: 'value', value: testKey(1) }],
    } as const;
    const { resealed } = await resealNow({ config: { keyEncryption }, storage, clock, logger: silentLogger });
    expect(resealed.toSorted()).toEqual(['journal', 'secrets', 'signing']);
    const { all } = openSealedDocuments(storage, await load(keyEncryption));
    for (const store of all) {
      const stored = storage.documents.get(store.name);
      if (stored === undefined) continue;
      const { payload } = stored;
      for (let position = 0; position < payload.length; position += 1) {
        stored.payload = Uint8Array.from(payload);
        stored.payload[position] = (payload[position] ?? 0) ^ 1;
        await expect(store.load()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
      }
      stored.payload = payload;
      await expect(store.load()).resolves.toMatchObject({ isUnderCurrent: true });
    }
  });

  it('a flipped byte anywhere in a sealed key is refused, also by who opened the document', () => {
    const ring = createKeyEncryptionRing();
    const binding = { purpose: 'signing', name: 'a' };
    const sealed = sealKey(ring, Buffer.from('material'), binding);
    for (const member of ['wrappedDataKey', 'ciphertext'] as const) {
      const bytes = Buffer.from(sealed[member], 'base64url');
      for (let position = 0; position < bytes.length; position += 1) {
        const changed = Buffer.from(bytes);
        changed[position] = (changed[position] ?? 0) ^ 1;
        const forged = { ...sealed, [member]: changed.toString('base64url') };
        const refused = expect.objectContaining({ code: 'keys.wrong_key_encryption_key' });
        expect(() => openKey(ring, forged, binding)).toThrow(refused);
      }
    }
  });

  it('a document put in place of another is refused', async () => {
    const service = await startTestService();
    await service.ready();
    await service.close();
    const storage = createFakeKeySetStorage();
    const signing = service.storage.documents.get('signing');
    if (signing === undefined) throw new Error('nothing stored');
    storage.documents.set('secrets', signing);
    const second = await startTestService({ storage });
    await expect(second.ready()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
    await second.close();
  });

  it('storage sees ciphertext only', async () => {
    const service = await startTestService();
    await service.ready();
    const [key] = (await service.api.getPublicKeys()).keys;
    for (const { payload } of service.storage.documents.values()) {
      const text = Buffer.from(payload).toString('latin1');
      expect(text).not.toContain(key?.kid);
      expect(text).not.toContain('privateKey');
    }
    await service.close();
  });

  it('a sealed key opens for its own name and purpose only', () => {
    const ring = createKeyEncryptionRing();
    const sealed = sealKey(ring, Buffer.from('material'), { purpose: 'signing', name: 'a' });
    expect(openKey(ring, sealed, { purpose: 'signing', name: 'a' }).toString()).toBe('material');
    const refused = { code: 'keys.wrong_key_encryption_key' };
    const other = createKeyEncryptionRing(2);
    expect(() => openKey(ring, sealed, { purpose: 'signing', name: 'b' })).toThrow(expect.objectContaining(refused));
    expect(() => openKey(ring, sealed, { purpose: 'other', name: 'a' })).toThrow(expect.objectContaining(refused));
    expect(() => openKey(other, sealed, { purpose: 'signing', name: 'a' })).toThrow(expect.objectContaining(refused));
  });
});

describe('the key-encryption key', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('a missing file is made once by any number of processes, for its owner only', async () => {
    const file = join(folder, 'new', 'tessera.db.key');
    const keys = await Promise.all(
      Array.from({ length: 8 }, () => load({ type: 'file', file, createIfMissing: true })),
    );
    const [first] = keys;
    const sealed = sealKey(first?.wrapping ?? createKeyEncryptionRing(), Buffer.from('x'), { purpose: 'p', name: 'n' });
    for (const key of keys) expect(openKey(key.wrapping, sealed, { purpose: 'p', name: 'n' }).toString()).toBe('x');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'new'))).toEqual(['tessera.db.key']);
    const text = await readFile(file, 'utf8');
    await load({ type: 'file', file, createIfMissing: true });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it.each(['', 'short', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')])(
    'a malformed one (%j) is refused, and its text stays out of the message',
    async (text) => {
      const file = join(folder, 'key');
      await writeFile(file, text);
      const refusal = expect.objectContaining({ kind: 'invalid_argument', code: 'keys.wrong_key_encryption_key' });
      await expect(startTestService({ keyEncryption: { type: 'file', file, createIfMissing: true } })).rejects.toEqual(
        refusal,
      );
      const error: unknown = await startTestService({ keyEncryption: { type: 'value', value: text } }).catch((e) => e);
      expect(error).toEqual(refusal);
      if (text !== '') expect((error as Error).message).not.toContain(text);
    },
  );

  it('a missing file is not made beside keys that it could not open, and the message says what to put back', async () => {
    const file = join(folder, 'tessera.db.key');
    const config = { type: 'file', file, createIfMissing: true } as const;
    const storage = createFakeKeySetStorage();
    storage.documents.set('signing', { version: 1, payload: Buffer.from('sealed') });
    await expect(load(config, storage)).rejects.toMatchObject({
      code: 'keys.wrong_key_encryption_key',
      message: expect.stringContaining('put it back'),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('a file that another process makes meanwhile is read', async () => {
    const file = join(folder, 'tessera.db.key');
    const storage: KeySetStorage = {
      ...createFakeKeySetStorage(),
      async getKeySet() {
        await writeFile(file, testKey(1));
        return { version: 1, payload: Buffer.from('sealed') };
      },
    };
    await expect(load({ type: 'file', file, createIfMissing: true }, storage)).resolves.toBeDefined();
  });

  it('a missing file without createIfMissing is refused, and not made', async () => {
    const file = join(folder, 'absent');
    await expect(
      startTestService({ keyEncryption: { type: 'file', file, createIfMissing: false } }),
    ).rejects.toMatchObject({
      code: 'keys.wrong_key_encryption_key',
      message: expect.stringContaining('does not exist'),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
