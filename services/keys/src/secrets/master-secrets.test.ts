import { hkdfSync } from 'node:crypto';
import { addSeconds, createFakeClock } from '@tessera/clock';
import { describe, expect, it } from 'vitest';
import { createDocumentStore } from '../encryption/document-store.ts';
import { sealKey } from '../encryption/envelope.ts';
import { createFakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { createKeyEncryptionRing } from '../testing/key-encryption-ring.ts';
import { createMasterSecrets } from './master-secrets.ts';
import { secretsDocumentFromJson, secretsDocumentToJson } from './secrets-document.ts';

const ring = createKeyEncryptionRing();
const start = new Date('2026-01-01T00:00:00Z');

function openStore() {
  return createDocumentStore({
    storage: createFakeKeySetStorage(),
    name: 'secrets',
    ring,
    toJson: secretsDocumentToJson,
    fromJson: secretsDocumentFromJson,
  });
}

describe('symmetric keys', () => {
  it('RFC 5869 §3.2: each purpose has 32 bytes of its own', async () => {
    const secrets = createMasterSecrets({ store: openStore(), wrapping: ring, clock: createFakeClock(start) });
    await secrets.refresh();
    const purposes = ['refresh_token', 'access_token', 'authorization_code', 'browser', 'connector_data'] as const;
    const keys = purposes.map((purpose) => secrets.get(purpose, start).versions[0]?.key ?? new Uint8Array());
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32, 32, 32]);
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(5);
    expect(secrets.get('browser', start).refreshAt).toEqual(addSeconds(start, 60));
  });

  it('a pre-published version checks, and makes new credentials only when its time has come', async () => {
    const store = openStore();
    const version = (number: number, activeAt: Date) => ({
      version: number,
      activeAt,
      secret: sealKey(ring, Buffer.alloc(32, number), { purpose: 'master secret', name: String(number) }),
    });
    await store.replace(0, { versions: [version(1, start), version(2, addSeconds(start, 30))] }, []);
    const secrets = createMasterSecrets({ store, wrapping: ring, clock: createFakeClock(start) });
    await secrets.refresh();
    const before = secrets.get('browser', start);
    expect(before).toMatchObject({ currentVersion: 1, refreshAt: addSeconds(start, 30) });
    expect(before.versions.map((one) => one.version)).toEqual([1, 2]);
    const expected = new Uint8Array(hkdfSync('sha256', Buffer.alloc(32, 2), '', 'browser', 32));
    expect(before.versions[1]?.key).toEqual(expected);
    expect(secrets.get('browser', addSeconds(start, 30)).currentVersion).toBe(2);
  });

  it('a document of a later format is refused', () => {
    expect(() => secretsDocumentFromJson({ format: 2, versions: [] })).toThrow(/format/);
    expect(() => secretsDocumentFromJson({ format: 1, versions: [] })).toThrow(/format/);
  });
});
