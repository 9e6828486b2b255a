import { createFakeClock, type FakeClock } from '@tessera/clock';
import { verifyCompactJws } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import type { KeysService } from '../ports.ts';
import { createFakeKeySetStorage, type FakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import {
  accessToken,
  idToken,
  signOne,
  startTestService,
  type TestServiceOptions,
  testConfig,
  testKey,
  verificationKeys,
  waitUntil,
} from '../testing/test-service.ts';
import { createKeyOperations, type KeyOperations } from './key-operations.ts';
import type { KeyOrder } from './order.ts';

interface Bench {
  readonly service: KeysService;
  readonly clock: FakeClock;
  readonly storage: FakeKeySetStorage;
  readonly operations: KeyOperations;
  /** Looks, and does it. */
  readonly order: (order: KeyOrder) => ReturnType<KeyOperations['carryOut']>;
  readonly close: () => Promise<void>;
}

async function start(options: TestServiceOptions = {}): Promise<Bench> {
  const [clock, storage] = [options.clock ?? createFakeClock(), options.storage ?? createFakeKeySetStorage()];
  const service = await startTestService({ ...options, clock, storage });
  await service.ready();
  const operations = await createKeyOperations({ config: testConfig(options), clock, logger: silentLogger, storage });
  return {
    service,
    clock,
    storage,
    operations,
    order: async (order) => operations.carryOut(order, await operations.preview(order)),
    async close() {
      await operations.close();
      await service.close();
    },
  };
}

async function kidsOf(service: KeysService): Promise<readonly string[]> {
  return (await service.api.getPublicKeys()).keys.map(({ kid }) => kid);
}

/** Passes a second at a time, so that whoever waits on storage looks. */
async function until(clock: FakeClock, isTrue: () => boolean | Promise<boolean>): Promise<number> {
  let seconds = 0;
  await waitUntil(async () => {
    if (await isTrue()) return true;
    clock.advance(1);
    seconds += 1;
    return false;
  });
  return seconds;
}

function events(storage: FakeKeySetStorage): readonly Readonly<Record<string, string>>[] {
  return storage.events.map(({ data }) => JSON.parse(data) as Record<string, string>);
}

describe('operations on keys', () => {
  it('a planned rotation breaks nothing: the successor is published now, and signs one pre-publication later', async () => {
    const { operations, service, clock, storage, order, close } = await start();
    const [first = ''] = await kidsOf(service);
    const preview = await operations.preview({ type: 'rotate', urgency: 'planned' });
    expect(preview.warnings).toEqual([]);
    expect(preview.successions).toEqual([
      { keySet: 'ES256', predecessor: first, activeAt: new Date(clock.now().getTime() + 1_260_000) },
    ]);
    await order({ type: 'rotate', urgency: 'planned' });
    expect(events(storage).at(-1)).toMatchObject({ keySet: 'signing:ES256', change: 'created', reason: 'rotated' });
    expect(await until(clock, async () => (await kidsOf(service)).length === 2)).toBeLessThanOrEqual(2);
    const [before = ''] = await signOne(service, accessToken(clock));
    clock.advance(1260);
    await waitUntil(async () => (await kidsOf(service))[0] !== first);
    const keys = await verificationKeys(service);
    expect(verifyCompactJws(before, { keys, algorithms: ['ES256'], typ: 'at+jwt' }).ok).toBe(true);
    await close();
  });

  it('a planned rotation lets a successor that waits sign earlier, once every relying party can know it', async () => {
    const { operations, clock, service, close } = await start();
    clock.advance(21_600 - 1260);
    await waitUntil(async () => (await kidsOf(service)).length === 2);
    clock.advance(60);
    const preview = await operations.preview({ type: 'rotate', urgency: 'planned' });
    expect(preview.successions[0]).toMatchObject({ activeAt: new Date(clock.now().getTime() + 1_200_000) });
    expect(preview.warnings).toEqual([]);
    await close();
  });

  it('a rotation at once says who may fail and until when, and nobody where the successor waited long enough', async () => {
    const { operations, order, clock, service, storage, close } = await start();
    const [first] = await kidsOf(service);
    const now = { type: 'rotate', urgency: 'now' } as const;
    const { successions, warnings } = await operations.preview(now);
    const mayFailUntil = new Date(clock.now().getTime() + (30 + 600 + 264) * 1000);
    expect(successions).toEqual([{ keySet: 'ES256', predecessor: first, activeAt: clock.now(), mayFailUntil }]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(mayFailUntil.toISOString());
    await order(now);
    expect(await until(clock, async () => (await kidsOf(service))[0] !== first)).toBeLessThanOrEqual(2);
    expect(events(storage).slice(-3)).toMatchObject([
      { kid: first, change: 'retired', reason: 'rotated' },
      { change: 'created', reason: 'rotated' },
      { change: 'activated', reason: 'rotated' },
    ]);
    expect(await kidsOf(service)).toContain(first);
    clock.advance(21_600 - 1260);
    await waitUntil(async () => (await kidsOf(service)).length === 3);
    clock.advance(893);
    expect((await operations.preview(now)).warnings).toHaveLength(1);
    clock.advance(1);
    const late = await operations.preview(now);
    expect(late).toMatchObject({ warnings: [], successions: [{ keySet: 'ES256' }] });
    await close();
  });

  it('only the algorithms that are named rotate, and only those that are configured can be', async () => {
    const { order, operations, storage, close } = await start({ algorithm: 'ES256', algorithms: ['ES256', 'EdDSA'] });
    await order({ type: 'rotate', algorithms: ['EdDSA'], urgency: 'planned' });
    expect(events(storage).filter(({ reason }) => reason !== undefined)).toMatchObject([{ keySet: 'signing:EdDSA' }]);
    const unknown = operations.preview({ type: 'rotate', algorithms: ['RS256'], urgency: 'now' });
    await expect(unknown).rejects.toMatchObject({ code: 'keys.unknown_algorithm' });
    await close();
  });

  it('a revocation says from the journal what it breaks; the key leaves the JWKS at once, and another signs', async () => {
    const { operations, order, clock, service, storage, close } = await start();
    const [first = ''] = await kidsOf(service);
    await signOne(service, accessToken(clock), idToken(clock));
    await signOne(service, accessToken(clock, { exp: Math.floor(clock.now().getTime() / 1000) + 3000 }));
    clock.advance(60);
    await waitUntil(() => storage.documents.has('journal'));
    const revoke = { type: 'revoke', kids: [first] } as const;
    const preview = await operations.preview(revoke);
    expect(preview.revokedKeys).toMatchObject([
      { kid: first, stage: 'active', mayBeInUse: 3, latestExpiry: new Date('2026-01-01T00:50:00Z') },
    ]);
    expect(preview.warnings.join('\n')).toContain('2 access_token, 1 id_token');
    const written = storage.writes.won;
    expect(await order(revoke)).toMatchObject([
      { kid: first, step: 'retired' },
      { kid: first, step: 'removed' },
      { step: 'created' },
      { step: 'activated' },
    ]);
    expect(storage.writes.won).toBe(written + 1);
    expect(await until(clock, async () => !(await kidsOf(service)).includes(first))).toBeLessThanOrEqual(2);
    const [token = ''] = await signOne(service, accessToken(clock));
    expect(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).not.toContain(first);
    expect((await operations.list()).revoked).toMatchObject([{ kid: first, signed: { access_token: { count: 2 } } }]);
    await expect(operations.preview(revoke)).rejects.toMatchObject({ code: 'keys.no_such_key' });
    await close();
  });

  it('a successor that is revoked before it signs is replaced, and the key before it goes on until then', async () => {
    const { order, clock, service, storage, close } = await start();
    clock.advance(21_600 - 1260);
    await waitUntil(async () => (await kidsOf(service)).length === 2);
    const [first = '', second = ''] = await kidsOf(service);
    clock.advance(600);
    await order({ type: 'revoke', kids: [second] });
    const steps = events(storage).flatMap(({ kid, change }) => (kid === second ? [change] : []));
    expect(steps).toEqual(['created', 'removed']);
    await until(clock, async () => !(await kidsOf(service)).includes(second));
    clock.advance(700);
    await waitUntil(async () => (await kidsOf(service)).length === 2);
    expect((await kidsOf(service))[0]).toBe(first);
    await close();
  });

  it('a revoked key does not come back with an old state of storage: whoever knows of it revokes it again', async () => {
    const { order, clock, service, storage, operations, close } = await start();
    const [first = ''] = await kidsOf(service);
    const before = storage.documents.get('signing');
    await order({ type: 'revoke', kids: [first] });
    await until(clock, async () => !(await kidsOf(service)).includes(first));
    storage.documents.set('signing', { version: 1000, payload: before?.payload ?? new Uint8Array() });
    await until(clock, async () => (storage.documents.get('signing')?.version ?? 0) > 1000);
    expect(await kidsOf(service)).not.toContain(first);
    expect(await operations.list()).toMatchObject({ keys: [{ stage: 'active' }], revoked: [{ kid: first }] });
    await close();
  });

  it('two orders at once are both carried out, and what became worse since it was looked at is not', async () => {
    const { operations, clock, service, storage, order, close } = await start();
    clock.advance(21_600 - 1260);
    await waitUntil(async () => (await kidsOf(service)).length === 2);
    const [first = '', second = ''] = await kidsOf(service);
    const seen = await operations.preview({ type: 'revoke', kids: [second] });
    expect(seen.revokedKeys[0]?.stage).toBe('pre-published');
    clock.advance(1260);
    await waitUntil(async () => (await kidsOf(service))[0] === second);
    const late = operations.carryOut({ type: 'revoke', kids: [second] }, seen);
    await expect(late).rejects.toMatchObject({ kind: 'conflict', code: 'keys.order_changed' });
    const another = operations.carryOut({ type: 'revoke', kids: [first] }, seen);
    await expect(another).rejects.toMatchObject({ kind: 'conflict', code: 'keys.order_changed' });
    await Promise.all([
      order({ type: 'revoke', kids: [first] }),
      order({ type: 'revoke', kids: [second] }),
      order({ type: 'rotate', urgency: 'planned' }),
    ]);
    const { keys, revoked } = await operations.list();
    expect(revoked.map(({ kid }) => kid).sort()).toEqual([first, second].sort());
    // The successor that the rotation made signs at once where the key before it was revoked later, else another does.
    expect([['active'], ['active', 'pre-published']]).toContainEqual(keys.map(({ stage }) => stage).sort());
    expect(events(storage)).toContainEqual(expect.objectContaining({ change: 'created', reason: 'rotated' }));
    await close();
  });

  it('secrets rotate as keys do, and what was made with a revoked one ends', async () => {
    const { operations, order, clock, service, storage, close } = await start();
    expect((await operations.preview({ type: 'rotate-secrets', urgency: 'planned' })).warnings).toEqual([]);
    expect((await operations.preview({ type: 'rotate-secrets', urgency: 'now' })).warnings).toHaveLength(1);
    await order({ type: 'rotate-secrets', urgency: 'planned' });
    clock.advance(930);
    await waitUntil(async () => (await service.api.getSecrets('browser')).currentVersion === 2);
    const { warnings } = await operations.preview({ type: 'revoke-secrets', versions: [2, 1] });
    expect(warnings.filter((line) => /^version [12]: .* refresh token/.test(line))).toHaveLength(2);
    await order({ type: 'revoke-secrets', versions: [2, 1] });
    const isThird = async () => (await service.api.getSecrets('browser')).currentVersion === 3;
    expect(await until(clock, isThird)).toBeLessThanOrEqual(31);
    expect((await service.api.getSecrets('browser')).versions.map(({ version }) => version)).toEqual([3]);
    expect(
      events(storage)
        .slice(-5)
        .map(({ kid, change, reason }) => [kid, change, reason]),
    ).toEqual([
      ['1', 'removed', 'revoked'],
      ['2', 'retired', 'revoked'],
      ['2', 'removed', 'revoked'],
      ['3', 'created', 'revoked'],
      ['3', 'activated', 'revoked'],
    ]);
    const gone = operations.preview({ type: 'revoke-secrets', versions: [1] });
    await expect(gone).rejects.toMatchObject({ code: 'keys.no_such_secret' });
    await close();
  });

  it('N96: what is listed says everything but secrets, and looking writes nothing', async () => {
    const { operations, storage, close } = await start();
    const { tried } = storage.writes;
    const listing = await operations.list();
    expect(listing).toMatchObject({
      keys: [{ algorithm: 'ES256', isConfigured: true, stage: 'active', signer: 'local', signed: {} }],
      revoked: [],
      secrets: [{ version: 1, stage: 'active' }],
      keyEncryptionKeys: [{ role: 'seals' }],
    });
    expect([...listing.sealedUnder.keys()].sort()).toEqual(['secrets', 'signing']);
    expect(JSON.stringify(listing)).not.toContain('ciphertext');
    for (const urgency of ['planned', 'now'] as const) await operations.preview({ type: 'rotate', urgency });
    expect(storage.writes.tried).toBe(tried);
    await close();
  });

  it('nothing is made where there is nothing, and another key-encryption key is refused', async () => {
    const [clock, storage] = [createFakeClock(), createFakeKeySetStorage()];
    const empty = await createKeyOperations({ config: testConfig(), clock, logger: silentLogger, storage });
    expect(await empty.list()).toMatchObject({ keys: [], secrets: [] });
    const order = empty.preview({ type: 'rotate', urgency: 'now' });
    await expect(order).rejects.toMatchObject({ kind: 'unavailable', code: 'keys.not_ready' });
    expect(storage.documents.size).toBe(0);
    const { close } = await start({ storage, clock });
    const keyEncryption = { type: 'value', value: testKey(2) } as const;
    const config = testConfig({ keyEncryption });
    const wrong = await createKeyOperations({ config, clock, logger: silentLogger, storage });
    await expect(wrong.list()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
    await close();
  });
});
