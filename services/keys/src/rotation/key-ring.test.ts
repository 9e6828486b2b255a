import { createFakeClock } from '@tessera/clock';
import { SIGNING_ALGORITHMS } from '@tessera/oauth';
import { silentLogger } from '@tessera/telemetry';
import { describe, expect, it } from 'vitest';
import { createDocumentStore, type DocumentStore } from '../encryption/document-store.ts';
import type { KeySetStorage } from '../ports.ts';
import { createCustody } from '../signers/custody.ts';
import { createLocalCustodian } from '../signers/local/custodian.ts';
import { type GenerateKeyPair, generateSigningKeyPair } from '../signers/local/generate-key-pair.ts';
import { createFakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { createKeyEncryptionRing } from '../testing/key-encryption-ring.ts';
import { testConfig } from '../testing/test-service.ts';
import { createKeyRing } from './key-ring.ts';
import type { ConfiguredAlgorithms } from './key-sets.ts';
import { createRotationPolicy } from './policy.ts';
import {
  emptySigningDocument,
  type SigningDocument,
  signingDocumentFromJson,
  signingDocumentToJson,
} from './signing-document.ts';

const ring = createKeyEncryptionRing();
const cheap: ConfiguredAlgorithms = ['ES256', 'EdDSA'];

function openStore(storage: KeySetStorage, name: string): DocumentStore<SigningDocument> {
  return createDocumentStore({
    storage,
    name,
    ring,
    toJson: signingDocumentToJson,
    fromJson: signingDocumentFromJson,
  });
}

/** A ring over a storage, and the names of the documents that it read. */
function openRing(
  configured: ConfiguredAlgorithms,
  { storage = createFakeKeySetStorage(), clock = createFakeClock(), generate = generateSigningKeyPair } = {},
) {
  const read: string[] = [];
  const watched: KeySetStorage = {
    ...storage,
    getKeySet(name) {
      read.push(name);
      return storage.getKeySet(name);
    },
  };
  const local = createLocalCustodian(ring, { generate });
  const keyRing = createKeyRing({
    clock,
    logger: silentLogger,
    policy: createRotationPolicy(testConfig({ algorithm: configured[0], algorithms: configured })),
    configured,
    store: openStore(watched, 'signing'),
    earlierStores: ['signing:RS256', 'signing:ES256'].map((name) => openStore(watched, name)),
    custody: createCustody(local, { local }),
  });
  return { keyRing, storage, clock, read };
}

describe('the ring of keys', () => {
  it('the keys of all algorithms are made side by side, and stored by one write', async () => {
    const everybody = Promise.withResolvers<void>();
    let making = 0;
    const generate: GenerateKeyPair = async (alg) => {
      making += 1;
      if (making === SIGNING_ALGORITHMS.length) everybody.resolve();
      await everybody.promise;
      return generateSigningKeyPair(alg);
    };
    const [first, ...others] = SIGNING_ALGORITHMS;
    const { keyRing, storage } = openRing([first, ...others], { generate });
    await keyRing.refresh();
    expect([...keyRing.sets().keys()]).toEqual(SIGNING_ALGORITHMS);
    expect(storage.writes).toEqual({ tried: 1, won: 1 });
    for (const [alg, keys] of keyRing.sets()) {
      expect(keys.map(({ jwk }) => [jwk.alg, jwk['use'], jwk.kid])).toEqual([[alg, 'sig', keys[0]?.kid]]);
    }
    const all = [...keyRing.sets().values()].flat();
    expect(new Set(all.map(({ kid }) => kid)).size).toBe(SIGNING_ALGORITHMS.length);
  });

  it('however many sets there are, a look at storage is one read, and nothing is written when nothing is due', async () => {
    const { keyRing, storage, read } = openRing(cheap);
    await keyRing.refresh();
    read.length = 0;
    await keyRing.refresh();
    await keyRing.refresh();
    expect(read).toEqual(['signing', 'signing']);
    expect(storage.writes.tried).toBe(1);
  });

  it('the sets rotate each on their own, and private halves are given up in all', async () => {
    const { keyRing, clock } = openRing(cheap);
    await keyRing.refresh();
    clock.advance(21_600 - 1260);
    await keyRing.refresh();
    expect([...keyRing.sets().values()].map((keys) => keys.length)).toEqual([2, 2]);
    clock.advance(1260 + 300);
    await keyRing.refresh();
    for (const [, [retired, active]] of keyRing.sets()) {
      expect(retired?.retiredAt).toEqual(active?.activeAt);
      expect([retired?.sign, active?.sign]).toEqual([undefined, expect.any(Function)]);
    }
  });

  it('keys as version 0.1.0 stored them are taken over once, tell nothing twice, and go on to their end', async () => {
    const old = openRing(['ES256']);
    await old.keyRing.refresh();
    const { document } = await openStore(old.storage, 'signing').load();
    const storage = createFakeKeySetStorage();
    await openStore(storage, 'signing:ES256').replace(0, document ?? emptySigningDocument, []);
    const { keyRing, read, clock } = openRing(['EdDSA'], { storage, clock: old.clock });
    await keyRing.refresh();
    expect(read).toEqual(['signing', 'signing:RS256', 'signing:ES256']);
    expect(
      keyRing
        .sets()
        .get('ES256')
        ?.map(({ kid }) => kid),
    ).toEqual(document?.keys.map(({ kid }) => kid));
    expect(storage.events.map(({ key }) => key)).toEqual(['signing:EdDSA']);
    read.length = 0;
    clock.advance(21_600 - 1260);
    await keyRing.refresh();
    expect(keyRing.sets().get('ES256')?.[0]?.retiredAt).toBeDefined();
    expect(read).toEqual(['signing']);
    expect((await openStore(storage, 'signing:ES256').load()).version).toBe(1);
  });

  it('keys of version 0.1.0 with which nothing is due are taken over all the same', async () => {
    const old = openRing(['ES256']);
    await old.keyRing.refresh();
    const { document } = await openStore(old.storage, 'signing').load();
    const storage = createFakeKeySetStorage();
    await openStore(storage, 'signing:ES256').replace(0, document ?? emptySigningDocument, []);
    const { keyRing } = openRing(['ES256'], { storage, clock: old.clock });
    await keyRing.refresh();
    expect((await openStore(storage, 'signing').load()).document).toEqual(document);
    expect(storage.events).toEqual([]);
  });

  it('a key of an algorithm that was removed stays published until its last token has expired', async () => {
    const { keyRing, storage, clock } = openRing(cheap);
    await keyRing.refresh();
    const after = openRing(['ES256'], { storage, clock });
    const goneAfter = 21_600 + 86_700;
    const [seen, start]: [number[], number] = [[], clock.now().getTime()];
    for (let seconds = 0; seconds < goneAfter + 60; seconds += 30) {
      await after.keyRing.refresh();
      if (after.keyRing.sets().has('EdDSA')) seen.push((clock.now().getTime() - start) / 1000);
      clock.advance(30);
    }
    expect(seen.at(-1)).toBe(goneAfter - 30);
    expect(after.keyRing.sets().has('ES256')).toBe(true);
  });
});
