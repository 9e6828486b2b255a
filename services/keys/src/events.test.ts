import { createFakeClock } from '@tessera/clock';
import { describe, expect, it } from 'vitest';
import { createFakeKeySetStorage, type FakeKeySetStorage } from './testing/fake-key-set-storage.ts';
import { startTestService, testKey, waitUntil } from './testing/test-service.ts';

interface KeyChanged {
  readonly keySet: string;
  readonly kid: string;
  readonly algorithm: string;
  readonly change: string;
}

function changes(storage: FakeKeySetStorage): readonly KeyChanged[] {
  return storage.events.map(({ data }) => JSON.parse(data) as KeyChanged);
}

function changesOf(storage: FakeKeySetStorage, keySet: string): readonly string[] {
  return changes(storage).flatMap((one) => (one.keySet === keySet ? [one.change] : []));
}

describe('events of keys', () => {
  it('ten replicas that start at once tell of one key and one master secret', async () => {
    const storage = createFakeKeySetStorage();
    const replicas = await Promise.all(Array.from({ length: 10 }, () => startTestService({ storage })));
    await Promise.all(replicas.map((replica) => replica.ready()));
    const [jwk] = (await replicas[0]?.api.getPublicKeys())?.keys ?? [];
    const ofKey = { keySet: 'signing:ES256', kid: jwk?.['kid'], algorithm: 'ES256' };
    const ofSecret = { keySet: 'secrets', kid: '1', algorithm: 'HKDF-SHA256' };
    expect(changes(storage)).toEqual([
      { ...ofKey, change: 'created' },
      { ...ofKey, change: 'activated' },
      { ...ofSecret, change: 'created' },
      { ...ofSecret, change: 'activated' },
    ]);
    expect(storage.events.map(({ type, key }) => [type, key])).toEqual([
      ['key.changed', 'signing:ES256'],
      ['key.changed', 'signing:ES256'],
      ['key.changed', 'secrets'],
      ['key.changed', 'secrets'],
    ]);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('each step of a key is told once, at its time, by whichever of three replicas is first', async () => {
    const [storage, clock] = [createFakeKeySetStorage(), createFakeClock()];
    const replicas = await Promise.all([1, 2, 3].map(() => startTestService({ storage, clock })));
    await Promise.all(replicas.map((replica) => replica.ready()));
    const startedAt = clock.now();
    const [first] = changes(storage);
    const passTime = () => {
      clock.advance(30);
      return changes(storage).some(({ change }) => change === 'removed');
    };
    await waitUntil(passTime);
    const times = storage.events.flatMap(({ data, time }) => {
      const { kid, change } = JSON.parse(data) as KeyChanged;
      return kid === first?.kid ? [[change, (time.getTime() - startedAt.getTime()) / 1000]] : [];
    });
    expect(times).toEqual([
      ['created', 0],
      ['activated', 0],
      ['retired', 21_600],
      ['removed', 21_600 + 86_700],
    ]);
    expect(new Set(changes(storage).map(({ kid, change }) => `${kid} ${change}`)).size).toBe(storage.events.length);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('none is told of what storage did not take, nor with a key that does not open what is stored', async () => {
    const storage = createFakeKeySetStorage();
    storage.isDown = true;
    const down = await startTestService({ storage });
    expect(storage.events).toEqual([]);
    storage.isDown = false;
    await waitUntil(() => {
      down.clock.advance(1);
      return storage.documents.has('secrets');
    });
    await down.close();
    const told = storage.events.length;
    expect(changesOf(storage, 'signing:ES256')).toEqual(['created', 'activated']);
    const wrong = await startTestService({ storage, keyEncryption: { type: 'value', value: testKey(2) } });
    await expect(wrong.ready()).rejects.toMatchObject({ code: 'keys.wrong_key_encryption_key' });
    expect(storage.events).toHaveLength(told);
    await wrong.close();
  });

  it('a set that goes out of use tells that its key is retired', async () => {
    const first = await startTestService({ algorithm: 'RS256' });
    await first.ready();
    await first.close();
    const { clock, storage } = first;
    const second = await startTestService({ algorithm: 'ES256', clock, storage });
    await second.ready();
    expect(changesOf(storage, 'signing:ES256')).toEqual(['created']);
    await waitUntil(() => {
      clock.advance(30);
      return changesOf(storage, 'signing:RS256').includes('retired');
    });
    expect(changesOf(storage, 'signing:ES256').slice(0, 2)).toEqual(['created', 'activated']);
    await second.close();
  });

  it('N96: no event holds any part of a private key or of a stored document', async () => {
    const service = await startTestService();
    await service.ready();
    const secrets = await service.api.getSecrets('refresh_token');
    const text = JSON.stringify(service.storage.events);
    for (const { key } of secrets.versions) expect(text).not.toContain(Buffer.from(key).toString('base64url'));
    for (const { payload } of service.storage.documents.values()) {
      expect(text).not.toContain(Buffer.from(payload).toString('base64').slice(0, 40));
    }
    const allowed = ['keySet', 'kid', 'algorithm', 'change'];
    for (const change of changes(service.storage)) expect(Object.keys(change)).toEqual(allowed);
    await service.close();
  });
});
