import { hkdfSync } from 'node:crypto';
import { addSeconds, createFakeClock } from '@tessera/clock';
import { createSecretKeeper } from '@tessera/contracts';
import { mintRefreshToken, parseRefreshToken, type SecretRing } from '@tessera/credentials';
import { silentLogger } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import { createDocumentStore, type DocumentStore } from '../encryption/document-store.ts';
import { sealKey } from '../encryption/envelope.ts';
import { MASTER_SECRET_PURPOSE } from '../encryption/key-purposes.ts';
import { createFakeKeySetStorage, type FakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { createKeyEncryptionRing } from '../testing/key-encryption-ring.ts';
import { testConfig, waitUntil } from '../testing/test-service.ts';
import { createMasterSecrets } from './master-secrets.ts';
import {
  type SecretsDocument,
  type StoredMasterSecret,
  secretsDocumentFromJson,
  secretsDocumentToJson,
} from './secrets-document.ts';
import { createSecretsPolicy } from './secrets-policy.ts';

const ring = createKeyEncryptionRing();
const start = new Date('2026-01-01T00:00:00Z');
const day = 86_400;

function openStore(storage: FakeKeySetStorage = createFakeKeySetStorage()): DocumentStore<SecretsDocument> {
  return createDocumentStore({
    storage,
    name: 'secrets',
    ring,
    toJson: secretsDocumentToJson,
    fromJson: secretsDocumentFromJson,
  });
}

/** A policy by which refresh tokens end after thirty days without use. */
function policyOf(refreshTokens: Readonly<Record<string, unknown>> = { validIfNotUsedForSeconds: 30 * day }) {
  const config = testConfig();
  const all = { ...config.expiry.refreshTokens, ...refreshTokens };
  return createSecretsPolicy({ ...config, expiry: { ...config.expiry, refreshTokens: all } });
}

function open({ storage = createFakeKeySetStorage(), clock = createFakeClock(start), policy = policyOf() } = {}) {
  const store = openStore(storage);
  const secrets = createMasterSecrets({ store, wrapping: ring, clock, logger: silentLogger, policy });
  return { secrets, store, storage, clock, policy };
}

function secretOf(version: number, activeAt: Date): StoredMasterSecret {
  const name = String(version);
  const secret = sealKey(ring, Buffer.alloc(32, version), { purpose: MASTER_SECRET_PURPOSE, name });
  return { version, kid: name, createdAt: start, activeAt, secret };
}

describe('symmetric keys', () => {
  it('RFC 5869 §3.2: each purpose has 32 bytes of its own', async () => {
    const { secrets } = open();
    await secrets.refresh();
    const purposes = ['refresh_token', 'access_token', 'authorization_code', 'browser', 'connector_data'] as const;
    const keys = purposes.map((purpose) => secrets.get(purpose, start).versions[0]?.key ?? new Uint8Array());
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32, 32, 32]);
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(5);
    expect(secrets.get('browser', start).refreshAt).toEqual(addSeconds(start, 60));
  });

  it('a pre-published version checks, and makes new credentials only when its time has come', async () => {
    const { secrets, store } = open();
    const first = { ...secretOf(1, start), retiredAt: addSeconds(start, 30), goneAt: addSeconds(start, 90 * day) };
    await store.replace(0, { versions: [first, secretOf(2, addSeconds(start, 30))], revoked: [] }, []);
    await secrets.refresh();
    const before = secrets.get('browser', start);
    expect(before).toMatchObject({ currentVersion: 1, refreshAt: addSeconds(start, 30) });
    expect(before.versions.map((one) => one.version)).toEqual([1, 2]);
    const expected = new Uint8Array(hkdfSync('sha256', Buffer.alloc(32, 2), '', 'browser', 32));
    expect(before.versions[1]?.key).toEqual(expected);
    expect(secrets.get('browser', addSeconds(start, 30)).currentVersion).toBe(2);
  });

  it('a version lives as a key does: published 15 minutes ahead, used for 90 days, kept until what it made has ended', async () => {
    const { secrets, storage, clock } = open();
    const steps = new Map<string, number>();
    const seconds = () => (clock.now().getTime() - start.getTime()) / 1000;
    while (seconds() < 125 * day) {
      await secrets.refresh();
      for (const { data } of storage.events.splice(0)) {
        const { kid, change } = JSON.parse(data) as Record<string, string>;
        steps.set(`${kid} ${change}`, seconds());
      }
      clock.advance(300);
    }
    expect([...steps]).toEqual([
      ['1 created', 0],
      ['1 activated', 0],
      ['2 created', 90 * day - 900],
      ['1 retired', 90 * day],
      ['2 activated', 90 * day],
      ['1 removed', 120 * day + 3600],
    ]);
    expect(secrets.get('browser', clock.now()).versions.map(({ version }) => version)).toEqual([2]);
  });

  it('with refresh tokens that never end, versions are kept for good', async () => {
    const { secrets, clock } = open({ policy: policyOf({ validIfNotUsedForSeconds: 0, absoluteLifetimeSeconds: 0 }) });
    for (let quarter = 0; quarter < 40; quarter += 1) {
      await secrets.refresh();
      clock.advance(46 * day);
    }
    await secrets.refresh();
    const { versions } = secrets.get('refresh_token', clock.now());
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, position) => position + 1));
    expect(versions.length).toBeGreaterThan(15);
  });

  it('numbers go round; while none is free, the current version goes on', async () => {
    const { secrets, store, clock } = open({ policy: policyOf({ validIfNotUsedForSeconds: 0 }) });
    const all = Array.from({ length: 254 }, (_, position) => {
      const later = { retiredAt: start, goneAt: addSeconds(start, 1e9) };
      return { ...secretOf(position + 1, start), ...(position < 253 && later) };
    });
    await store.replace(0, { versions: all, revoked: [] }, []);
    await secrets.refresh();
    clock.advance(200 * day);
    await secrets.refresh();
    expect(secrets.get('browser', clock.now())).toMatchObject({ currentVersion: 254 });
    clock.set(addSeconds(start, 2e9));
    await secrets.refresh();
    clock.advance(900);
    await secrets.refresh();
    expect(secrets.get('browser', clock.now())).toMatchObject({ currentVersion: 255 });
    clock.advance(90 * day - 900);
    await secrets.refresh();
    expect(secrets.get('browser', clock.now()).versions.map(({ version }) => version)).toEqual([254, 255, 1]);
  });

  it('of ten replicas that find the same due one writes, and all have the same', async () => {
    const [storage, clock] = [createFakeKeySetStorage(), createFakeClock(start)];
    const replicas = Array.from({ length: 10 }, () => open({ storage, clock }).secrets);
    for (const seconds of [0, 90 * day - 900, 900]) {
      clock.advance(seconds);
      await Promise.all(replicas.map((one) => one.refresh()));
    }
    await Promise.all(replicas.map((one) => one.refresh()));
    const seen = replicas.map((one) => one.get('browser', clock.now()));
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(seen[0]).toMatchObject({ currentVersion: 2 });
    expect(storage.writes.won).toBe(3);
  });

  it('a replica that is cut off refuses to answer before it could keep a new version from anybody', async () => {
    const { secrets, storage, clock, policy } = open();
    await secrets.refresh();
    storage.isDown = true;
    clock.advance(policy.staleAfterSeconds);
    await secrets.ensureFresh();
    clock.advance(1);
    await expect(secrets.ensureFresh()).rejects.toMatchObject({ kind: 'unavailable', code: 'keys.stale' });
    expect(policy.staleAfterSeconds + policy.refreshSeconds + policy.skewSeconds).toBeLessThan(
      policy.prePublicationSeconds,
    );
  });

  it('consumers open what any of them made, before, during and after a rotation', async () => {
    const { secrets, clock } = open();
    await secrets.refresh();
    const keys = { getSecrets: async () => secrets.get('refresh_token', clock.now()) };
    const keepers = [1, 2, 3].map(() =>
      createSecretKeeper({ keys, purpose: 'refresh_token', clock, logger: silentLogger }),
    );
    await Promise.all(keepers.map((keeper) => keeper.ready()));
    const content = { grantId: '00000000-0000-4000-8000-000000000000', generation: 7 };
    const made: { readonly by: SecretRing; readonly token: string }[] = [];
    clock.advance(90 * day - 1200);
    for (let minutes = 0; minutes < 30; minutes += 1) {
      clock.advance(60);
      await secrets.refresh();
      await waitUntil(async () => {
        for (const keeper of keepers) {
          const by = keeper.ring();
          made.push({ by, token: mintRefreshToken(by, content) });
        }
        return true;
      });
      for (const { token } of made) {
        for (const keeper of keepers) expect(parseRefreshToken(keeper.ring(), token)).toEqual(content);
      }
    }
    expect(new Set(made.map(({ by }) => by.current.version))).toEqual(new Set([1, 2]));
    for (const keeper of keepers) keeper.close();
  });

  it('reads what version 0.1.0 stored, and tells nothing of it again', async () => {
    const { secret } = secretOf(1, start);
    const json = { format: 1, versions: [{ version: 1, activeAt: start.toISOString(), secret }] };
    const { secrets, store, storage } = open();
    await store.replace(0, secretsDocumentFromJson(json), []);
    await secrets.refresh();
    expect(storage.events).toEqual([]);
    expect(secrets.get('browser', start).currentVersion).toBe(1);
  });

  it('a document of a later format is refused', () => {
    expect(() => secretsDocumentFromJson({ format: 2, versions: [] })).toThrow(/format/);
    expect(() => secretsDocumentFromJson({ format: 1, versions: [] })).toThrow(/format/);
  });
});
