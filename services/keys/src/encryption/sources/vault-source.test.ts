import { createFakeClock } from '@tessera/clock';
import { silentLogger } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import { createFakeKeySetStorage, type FakeKeySetStorage } from '../../testing/fake-key-set-storage.ts';
import { accessToken, signOne, testConfig, waitUntil } from '../../testing/test-service.ts';
import { parseRootDocument } from '../root-document.ts';
import { describeSealing } from '../sealing-operations.ts';
import { createFakeTransit, type FakeTransit } from '../testing/fake-transit.ts';
import {
  type Replica,
  type ReplicaOptions,
  snapshot,
  startReadyReplica,
  startReplica,
  valueSource,
  vaultSource,
} from '../testing/start-replica.ts';

const ADDR = 'https://vault.example.com';
const refused = { kind: 'invalid_argument', code: 'keys.vault_refused' };
const wrong = { kind: 'invalid_argument', code: 'keys.wrong_key_encryption_key' };

function optionsOf(transit: FakeTransit, others: Partial<ReplicaOptions> = {}): ReplicaOptions {
  return { keyEncryption: vaultSource(), vaults: { [ADDR]: transit }, ...others };
}

function rootsOf(storage: FakeKeySetStorage) {
  return parseRootDocument(storage.documents.get('root')?.payload ?? new Uint8Array());
}

async function kidOf(replica: Replica): Promise<string | undefined> {
  return (await replica.api.getPublicKeys()).keys[0]?.kid;
}

/** Everything that a service under Vault left behind. */
async function used(transit = createFakeTransit('tessera')) {
  const service = await startReadyReplica(optionsOf(transit));
  const kid = await kidOf(service);
  await service.close();
  return { storage: service.storage, transit, kid };
}

describe('a key-encryption key that Vault wraps', () => {
  it('is made once by three replicas that start at once, and is the same for all and after a restart', async () => {
    const transit = createFakeTransit('tessera');
    const storage = createFakeKeySetStorage();
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica(optionsOf(transit, { storage }))));
    await Promise.all(replicas.map((replica) => replica.ready()));
    expect(storage.documents.get('root')?.version).toBe(1);
    expect(rootsOf(storage)).toHaveLength(1);
    expect(new Set(await Promise.all(replicas.map(kidOf))).size).toBe(1);
    await Promise.all(replicas.map((replica) => replica.close()));
    const again = await startReadyReplica(optionsOf(transit, { storage }));
    expect(await kidOf(again)).toBe(await kidOf(replicas[0] ?? again));
    expect(storage.documents.get('root')?.version).toBe(1);
    await again.close();
  });

  it('a Vault that is away at the start is waited for; away later it matters no more', async () => {
    const { storage, transit, kid } = await used();
    transit.isDown = true;
    const replica = await startReplica(optionsOf(transit, { storage }));
    await expect(replica.api.sign([[accessToken(replica.clock)]])).rejects.toMatchObject({ kind: 'unavailable' });
    await waitUntil(() => replica.log.lines.some((line) => line.includes('Vault does not answer')));
    const stored = snapshot(storage);
    let isReady = false;
    void replica.ready().then(() => {
      isReady = true;
    });
    transit.isDown = false;
    await replica.passTimeUntil(() => isReady);
    expect(await kidOf(replica)).toBe(kid);
    expect(storage.documents).toEqual(stored);
    transit.isDown = true;
    const { calls } = transit;
    const startMs = replica.clock.monotonicMs();
    await replica.passTimeUntil(() => replica.clock.monotonicMs() - startMs > 900_000);
    await expect(signOne(replica, accessToken(replica.clock))).resolves.toHaveLength(1);
    expect(transit.calls).toBe(calls);
    await replica.close();
  });

  it('a Vault that refuses ends the start, and nothing is overwritten', async () => {
    const { storage, transit } = await used();
    const stored = snapshot(storage);
    const another = await startReplica(optionsOf(createFakeTransit('tessera'), { storage }));
    await expect(another.ready()).rejects.toMatchObject(refused);
    const none = await startReplica(optionsOf(createFakeTransit(), { storage }));
    await expect(none.ready()).rejects.toMatchObject(refused);
    // A Transit key of another name wrapped nothing that is stored.
    transit.createKey('other');
    const other = await startReplica(optionsOf(transit, { storage, keyEncryption: vaultSource('other') }));
    await expect(other.ready()).rejects.toMatchObject(wrong);
    expect(storage.documents).toEqual(stored);
    await Promise.all([another.close(), none.close(), other.close()]);
  });

  it('a Transit key that does not exist is not made by the way', async () => {
    const replica = await startReplica(optionsOf(createFakeTransit()));
    await expect(replica.ready()).rejects.toMatchObject({ ...refused, message: expect.stringContaining('make it') });
    expect([...replica.storage.documents.keys()]).toEqual([]);
    await replica.close();
  });

  it('without its document nothing is made beside documents that it would not open', async () => {
    const { storage, transit } = await used();
    storage.documents.delete('root');
    const stored = snapshot(storage);
    const replica = await startReplica(optionsOf(transit, { storage }));
    await expect(replica.ready()).rejects.toMatchObject(wrong);
    expect(storage.documents).toEqual(stored);
    await replica.close();
  });

  it('a flipped byte anywhere in its document is noticed, and nothing is overwritten', async () => {
    const { storage, transit } = await used();
    const root = storage.documents.get('root');
    if (root === undefined) throw new Error('nothing stored');
    const { payload } = root;
    for (let position = 0; position < payload.length; position += 1) {
      for (const bit of [1, 32]) {
        root.payload = Uint8Array.from(payload);
        root.payload[position] = (payload[position] ?? 0) ^ bit;
        const stored = snapshot(storage);
        const replica = await startReplica(optionsOf(transit, { storage }));
        await expect(replica.ready(), `${position}`).rejects.toMatchObject({
          kind: 'invalid_argument',
          code: expect.stringMatching(/^keys\.(?:wrong_key_encryption_key|vault_refused|unknown_document_format)$/),
        });
        expect(storage.documents).toEqual(stored);
        await replica.close();
      }
    }
  });

  it('N20: what the Transit key wrapped for something else is no key-encryption key', async () => {
    const { storage, transit } = await used();
    const [root] = rootsOf(storage);
    const foreign = await transit.encrypt('tessera', Buffer.alloc(32, 7), Buffer.from('another application'));
    const payload = Buffer.from(JSON.stringify({ format: 1, roots: [{ ...root, wrapped: foreign }] }));
    storage.documents.set('root', { version: 9, payload });
    const replica = await startReplica(optionsOf(transit, { storage }));
    await expect(replica.ready()).rejects.toMatchObject({ kind: 'invalid_argument' });
    await replica.close();
  });

  it('N96: neither the key nor the token of Vault stands in the log', async () => {
    const transit = createFakeTransit('tessera');
    const plaintexts: Buffer[] = [];
    const watched: FakeTransit = Object.assign(Object.create(transit) as FakeTransit, {
      encrypt: (name: string, plaintext: Buffer, context: Buffer) => {
        plaintexts.push(Buffer.from(plaintext));
        return transit.encrypt(name, plaintext, context);
      },
    });
    const replica = await startReadyReplica(optionsOf(watched));
    await replica.close();
    expect(plaintexts).toHaveLength(1);
    const log = replica.log.lines.join('\n');
    expect(log).not.toContain('secret');
    const stored = [...replica.storage.documents.values()].map(({ payload }) =>
      Buffer.from(payload).toString('latin1'),
    );
    for (const plaintext of plaintexts) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const text = plaintext.toString(encoding);
        expect(log).not.toContain(text);
        for (const payload of stored) expect(payload).not.toContain(text);
      }
    }
  });
});

describe('a new version of the Transit key', () => {
  it('wraps it anew at the next start or within an hour, once for three replicas; the documents stay', async () => {
    const { storage, transit, kid } = await used();
    const documents = [...snapshot(storage)].filter(([name]) => name !== 'root');
    await transit.rotateKey('tessera');
    const clock = createFakeClock();
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica(optionsOf(transit, { storage, clock }))));
    await Promise.all(replicas.map((replica) => replica.ready()));
    expect(rootsOf(storage).map(({ wrapped }) => wrapped.slice(0, 9))).toEqual(['vault:v2:']);
    expect(storage.documents.get('root')?.version).toBe(2);
    await transit.rotateKey('tessera');
    const startMs = clock.monotonicMs();
    await replicas[0]?.passTimeUntil(() => storage.documents.get('root')?.version === 3);
    expect(clock.monotonicMs() - startMs).toBeLessThan(3_700_000);
    expect(rootsOf(storage).map(({ wrapped }) => wrapped.slice(0, 9))).toEqual(['vault:v3:']);
    expect([...snapshot(storage)].filter(([name]) => name !== 'root')).toEqual(documents);
    await Promise.all(replicas.map((replica) => replica.close()));
    const again = await startReadyReplica(optionsOf(transit, { storage }));
    expect(await kidOf(again)).toBe(kid);
    await again.close();
  });

  it('that cannot wrap it now changes nothing, and is said', async () => {
    const { storage, transit } = await used();
    await transit.rotateKey('tessera');
    const unable: FakeTransit = Object.assign(Object.create(transit) as FakeTransit, {
      rewrap: () => Promise.reject(new Error('not now')),
    });
    const replica = await startReadyReplica(optionsOf(unable, { storage }));
    expect(replica.log.lines.join('\n')).toContain('could not be wrapped anew');
    expect(storage.documents.get('root')?.version).toBe(1);
    await replica.close();
  });
});

describe('moving between sources', () => {
  const isUnder = async (storage: FakeKeySetStorage, options: ReplicaOptions, state: string): Promise<boolean> => {
    const openTransit = async ({ addr }: { readonly addr: string }) => options.vaults?.[addr] ?? createFakeTransit();
    const config = testConfig({ keyEncryption: options.keyEncryption });
    const parts = { config, storage, clock: createFakeClock(), logger: silentLogger, openTransit };
    const { documents } = await describeSealing(parts);
    return documents.length > 0 && documents.every((one) => one.state === state);
  };

  it('from a value to Vault and back, every key stays', async () => {
    const transit = createFakeTransit('tessera');
    const first = await startReadyReplica({ keyEncryption: valueSource(1) });
    const { storage } = first;
    const kid = await kidOf(first);
    await first.close();
    const steps: readonly ReplicaOptions['keyEncryption'][] = [
      { ...vaultSource(), alsoOpens: [valueSource(1)] },
      vaultSource(),
      { ...valueSource(2), alsoOpens: [vaultSource()] },
      valueSource(2),
      { ...vaultSource(), alsoOpens: [valueSource(2)] },
    ];
    for (const keyEncryption of steps) {
      const options = optionsOf(transit, { storage, keyEncryption });
      const replica = await startReadyReplica(options);
      expect(await kidOf(replica)).toBe(kid);
      expect(await isUnder(storage, options, 'current')).toBe(true);
      await replica.close();
    }
    expect(rootsOf(storage)).toHaveLength(1);
  });

  it('a process that may open by Vault goes on before there is anything to open, and opens it at once when there is', async () => {
    const transit = createFakeTransit('tessera');
    const clock = createFakeClock();
    const stepOne = { ...valueSource(1), alsoOpens: [vaultSource()] };
    const old = await startReadyReplica(optionsOf(transit, { keyEncryption: stepOne, clock }));
    const { storage } = old;
    expect(old.log.lines.filter((line) => line.includes('storage holds no key-encryption key'))).toHaveLength(1);
    const stepTwo = { ...vaultSource(), alsoOpens: [valueSource(1)] };
    const fresh = await startReadyReplica(optionsOf(transit, { keyEncryption: stepTwo, storage, clock }));
    const startMs = clock.monotonicMs();
    await old.passTimeUntil(() => clock.monotonicMs() - startMs > 90_000);
    const log = old.log.lines.join('\n');
    expect(log).toContain('another replica seals under another key-encryption key');
    expect(log).not.toContain('does not open');
    expect(await kidOf(old)).toBe(await kidOf(fresh));
    await Promise.all([old.close(), fresh.close()]);
  });

  it('from one Vault server to another with a key of the same name', async () => {
    const { storage, transit, kid } = await used();
    const target = createFakeTransit('tessera');
    const newAddr = 'https://new.example.com';
    const vaults = { [ADDR]: transit, [newAddr]: target };
    const moving = { ...vaultSource('tessera', newAddr), alsoOpens: [vaultSource()] };
    const replica = await startReadyReplica({ keyEncryption: moving, storage, vaults });
    expect(await kidOf(replica)).toBe(kid);
    await replica.close();
    expect(rootsOf(storage)).toHaveLength(2);
    const moved = { keyEncryption: vaultSource('tessera', newAddr), storage, vaults: { [newAddr]: target } };
    const alone = await startReplica(moved);
    await expect(alone.ready()).resolves.toBeUndefined();
    expect(await kidOf(alone)).toBe(kid);
    await alone.close();
  });

  it('a former Vault that is away holds up nothing once all is moved, and is waited for before', async () => {
    const { storage, transit } = await used();
    transit.isDown = true;
    const stored = snapshot(storage);
    const keyEncryption = { ...valueSource(2), alsoOpens: [vaultSource()] };
    const replica = await startReplica(optionsOf(transit, { storage, keyEncryption }));
    await waitUntil(() => replica.log.lines.some((line) => line.includes('could not have another')));
    expect(storage.documents).toEqual(stored);
    transit.isDown = false;
    let isReady = false;
    void replica.ready().then(() => {
      isReady = true;
    });
    await replica.passTimeUntil(() => isReady);
    await replica.close();
    transit.isDown = true;
    const next = await startReadyReplica(optionsOf(transit, { storage, keyEncryption }));
    await expect(signOne(next, accessToken(next.clock))).resolves.toHaveLength(1);
    await next.close();
  });
});
