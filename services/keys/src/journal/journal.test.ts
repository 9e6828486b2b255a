import { AsyncResource } from 'node:async_hooks';
import { createFakeClock } from '@tessera/clock';
import { currentContext, runInContext, silentLogger } from '@tessera/telemetry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDocumentStore } from '../encryption/document-store.ts';
import { createKeyOperations } from '../operations/key-operations.ts';
import { createFakeKeySetStorage } from '../testing/fake-key-set-storage.ts';
import { createKeyEncryptionRing } from '../testing/key-encryption-ring.ts';
import {
  accessToken,
  idToken,
  signOne,
  startTestService,
  testConfig,
  userinfo,
  waitUntil,
} from '../testing/test-service.ts';
import { createJournal, type Journal } from './journal.ts';
import { journalFromJson, journalToJson, MAX_JOURNAL_KEYS } from './journal-document.ts';

const ring = createKeyEncryptionRing();

function open({ storage = createFakeKeySetStorage(), clock = createFakeClock() } = {}) {
  const store = createDocumentStore({
    storage,
    name: 'journal',
    ring,
    toJson: journalToJson,
    fromJson: journalFromJson,
  });
  return { journal: createJournal({ store, clock, logger: silentLogger }), storage, clock, store };
}

async function countOf(journal: Journal, kid: string): Promise<number> {
  return (await journal.read()).get(kid)?.access_token?.count ?? 0;
}

describe('the signing journal', () => {
  it('is written in its own time, and not in what was left to the request that signed first', async () => {
    const time = createFakeClock();
    // As the machine's clock does it: a timer runs in the context of whoever set it.
    const clock = { ...time, schedule: (ms: number, run: () => void) => time.schedule(ms, AsyncResource.bind(run)) };
    const stored = createFakeKeySetStorage();
    const deadlines: (number | undefined)[] = [];
    const storage = {
      ...stored,
      getKeySet: (name: string) => {
        deadlines.push(currentContext()?.deadlineMs);
        return stored.getKeySet(name);
      },
    };
    const { journal } = open({ storage, clock });
    runInContext({ requestId: 'the first request', deadlineMs: 1 }, () =>
      journal.note({ kid: 'k', type: 'access_token', at: clock.now() }),
    );
    clock.advance(60);
    await waitUntil(() => deadlines.length > 0);
    expect(deadlines).toEqual([undefined]);
    await journal.close();
  });

  it('says of each key what it signed, of which types and until when, after a restart as well', async () => {
    const first = await startTestService();
    await first.ready();
    const { clock, storage } = first;
    const began = clock.now();
    await signOne(first, accessToken(clock), idToken(clock));
    clock.advance(30);
    await signOne(first, accessToken(clock));
    await signOne(first, userinfo());
    const [key] = (await first.api.getPublicKeys()).keys;
    await first.close();
    const second = await startTestService({ storage, clock });
    await second.ready();
    await signOne(second, accessToken(clock));
    await second.close();
    const operations = await createKeyOperations({ config: testConfig(), clock, logger: silentLogger, storage });
    const [listed] = (await operations.list()).keys;
    const later = new Date(began.getTime() + 30_000);
    expect(listed?.kid).toBe(key?.kid);
    expect(listed?.signed).toEqual({
      access_token: { count: 3, firstAt: began, lastAt: later, latestExpiry: new Date(later.getTime() + 600_000) },
      id_token: { count: 1, firstAt: began, lastAt: began, latestExpiry: new Date(began.getTime() + 600_000) },
      userinfo: { count: 1, firstAt: later, lastAt: later },
    });
    await operations.close();
  });

  it('is written once a minute at most, not at all while nothing is signed, and signing waits for none of it', async () => {
    const { journal, storage, clock } = open();
    clock.advance(600);
    expect(storage.writes.tried).toBe(0);
    for (let second = 0; second < 180; second += 1) {
      journal.note({ kid: 'a', type: 'access_token', at: clock.now() });
      clock.advance(1);
      await waitUntil(() => storage.writes.tried === storage.writes.won);
    }
    await waitUntil(async () => (await countOf(journal, 'a')) === 180);
    expect(storage.writes.won).toBeGreaterThanOrEqual(2);
    expect(storage.writes.won).toBeLessThanOrEqual(3);
    const { reads } = storage;
    const before = reads.count;
    clock.advance(3600);
    expect(reads.count - before).toBeLessThanOrEqual(1);
  });

  it('ten replicas that write at once lose nothing of one another', async () => {
    const [storage, clock] = [createFakeKeySetStorage(), createFakeClock()];
    const journals = Array.from({ length: 10 }, () => open({ storage, clock }).journal);
    for (const journal of journals) journal.note({ kid: 'a', type: 'access_token', at: clock.now() });
    await Promise.all(journals.map((journal) => journal.flush()));
    expect(await countOf(open({ storage, clock }).journal, 'a')).toBe(10);
  });

  it('an entry whose answer was lost counts once, and a failure loses nothing', async () => {
    const { journal, storage, clock, store } = open();
    const note = (): void => journal.note({ kid: 'a', type: 'access_token', at: clock.now() });
    note();
    storage.losesAnswers = true;
    await expect(journal.flush()).rejects.toMatchObject({ kind: 'unavailable' });
    storage.losesAnswers = false;
    expect(storage.writes.won).toBe(1);
    note();
    storage.isDown = true;
    await expect(journal.flush()).rejects.toMatchObject({ kind: 'unavailable' });
    storage.isDown = false;
    await journal.flush();
    await journal.close();
    expect((await store.load()).document?.keys.get('a')?.access_token?.count).toBe(2);
  });

  it('what is counted for any replicas, at any times, is what was signed', async () => {
    const step = fc.tuple(fc.nat(2), fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 90 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const [storage, clock] = [createFakeKeySetStorage(), createFakeClock()];
        const journals = [0, 1, 2].map(() => open({ storage, clock }).journal);
        for (const [replica, kid, seconds, isFlushed] of steps) {
          journals[replica]?.note({ kid, type: 'access_token', at: clock.now(), expiresAtSeconds: 1e9 + seconds });
          clock.advance(seconds);
          if (isFlushed) await journals[replica]?.flush();
        }
        await Promise.all(journals.map((journal) => journal.close()));
        const stored = await open({ storage, clock }).journal.read();
        for (const kid of ['a', 'b']) {
          const own = steps.filter((one) => one[1] === kid);
          expect(stored.get(kid)?.access_token?.count ?? 0).toBe(own.length);
          const latest = own.length === 0 ? undefined : Math.max(...own.map((one) => one[2]));
          expect(stored.get(kid)?.access_token?.latestExpiry?.getTime()).toBe(
            latest === undefined ? undefined : (1e9 + latest) * 1000,
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('remembers so many keys and no more, those that signed last', async () => {
    const { journal, clock, store } = open();
    for (let number = 0; number < MAX_JOURNAL_KEYS + 50; number += 1) {
      journal.note({ kid: `k${number}`, type: 'id_token', at: clock.now(), expiresAtSeconds: Number.MAX_VALUE });
      clock.advance(0.001);
    }
    await journal.close();
    const { document } = await store.load();
    expect(document?.keys.size).toBe(MAX_JOURNAL_KEYS);
    expect(document?.keys.has('k49')).toBe(false);
    expect(document?.keys.has('k50')).toBe(true);
  });

  it.each([
    ['another format', { format: 2, keys: {}, entries: [] }],
    ['an unknown type of token', { format: 1, keys: { a: { secret: {} } }, entries: [] }],
    ['a count that is none', { format: 1, keys: { a: { id_token: { count: -1 } } }, entries: [] }],
  ])('a document with %s is refused', (_, json) => {
    expect(() => journalFromJson(json)).toThrow(/format/);
  });
});
