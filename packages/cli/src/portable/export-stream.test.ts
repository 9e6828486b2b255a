import { randomBytes, randomUUID } from 'node:crypto';
import { createFakeClock } from '@tessera/clock';
import { createMemoryDurableStore, type DurableStore, openDurableStore } from '@tessera/storage';
import { silentLogger } from '@tessera/telemetry';
import { createTempDirectory } from '@tessera/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { samplePortableGrant, sampleStoredRecord, sampleWaitingEvent } from '../testing/portable-samples.ts';
import { entryToLine } from './entry-line.ts';
import { exportStream, newKdf, openExport } from './export-stream.ts';
import { encodeHeader, hashHeader } from './file-header.ts';
import { importEntries } from './import-entries.ts';
import { type ImportTarget, storeTarget, trialTarget } from './import-target.ts';
import { portableKinds } from './kinds.ts';
import { derivePassphraseKey } from './passphrase-key.ts';
import type { PortableEntry } from './portable-entry.ts';
import { readStore } from './read-store.ts';
import { sealChunks } from './sealed-chunks.ts';
import { createTally } from './tally.ts';
import { encodeLines } from './text-lines.ts';

const PASSPHRASE = 'correct horse battery staple';
const clock = createFakeClock(new Date('2026-04-01T00:00:00.000Z'));
const kdf = newKdf({ n: 1024, r: 8, p: 1 });

function memoryStore(statements?: string[]): DurableStore {
  return createMemoryDurableStore({ clock, hasOutbox: true, onStatement: (name) => statements?.push(name) });
}

async function exportOf(store: DurableStore, retires = false): Promise<AsyncGenerator<Buffer>> {
  const key = await derivePassphraseKey(PASSPHRASE, kdf);
  const tally = createTally();
  return exportStream({ store, clock, source: 'memory', key, kdf, keyEncryption: randomBytes(32), retires, tally });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function importTo(store: DurableStore, bytes: AsyncIterable<Uint8Array>, passphrase = PASSPHRASE) {
  const opened = await openExport(bytes);
  const tally = createTally();
  await importEntries(opened.entries(passphrase), { target: storeTarget(store, clock), tally, takesEvents: true });
  return tally;
}

/** A store with everything in it. */
async function fill(store: DurableStore): Promise<void> {
  const standing = samplePortableGrant();
  const { revokedAt: _, ...grant } = standing.grant;
  await store.importGrants([samplePortableGrant(), { ...standing, grant }]);
  for (const kind of portableKinds) {
    await store.importRecords(kind, [
      sampleStoredRecord(),
      sampleStoredRecord({ owner: 'somebody', expiresAt: new Date('2026-12-01T00:00:00.000Z') }),
    ]);
  }
  await store.appendEvents(Array.from({ length: 40 }, () => sampleWaitingEvent()));
  const [waiting] = await store.readEvents([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 1);
  await store.parkEvents([{ position: waiting?.position ?? '', reason: 'refused' }], clock.now());
}

async function contentOf(store: DurableStore): Promise<PortableEntry[]> {
  const entries = await collect(readStore({ store, clock }));
  return entries.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
}

function idOf(entry: PortableEntry): string {
  switch (entry.type) {
    case 'grant':
      return entry.grant.id;
    case 'record':
      return `${entry.kind} ${entry.record.id}`;
    case 'event':
      return entry.event.id;
  }
}

test('everything a store holds comes to another one, from memory to SQLite and back', async () => {
  await using folder = await createTempDirectory('export');
  const [source, back] = [memoryStore(), memoryStore()];
  const sqlite = await openDurableStore(
    { type: 'sqlite3', file: `${folder.path}/tessera.db` },
    { clock, logger: silentLogger, hasOutbox: true },
  );
  await fill(source);
  await importTo(sqlite, await exportOf(source));
  const tally = await importTo(back, await exportOf(sqlite));
  await sqlite.close();
  const content = await contentOf(source);
  expect(content).toHaveLength(2 + 2 * portableKinds.length + 40);
  expect(await contentOf(back)).toEqual(content);
  expect(tally.table(true).join('\n')).toMatch(/grants +2 +0\n[\s\S]*events +not compared/);
});

test('an import that is run again adds nothing, and one that was cut off is finished by the next', async () => {
  const [source, target] = [memoryStore(), memoryStore()];
  await fill(source);
  const bytes = Buffer.concat(await collect(await exportOf(source)));
  const cut = (await openExport(once(bytes))).entries(PASSPHRASE);
  const some: PortableEntry[] = [];
  for await (const entry of cut) if (some.push(entry) === 9) break;
  const first = { target: storeTarget(target, clock), tally: createTally(), takesEvents: true };
  await importEntries(
    (async function* () {
      yield* some;
    })(),
    first,
  );
  await importTo(target, once(bytes));
  const tally = await importTo(target, once(bytes));
  expect(await contentOf(target)).toEqual(await contentOf(source));
  expect(tally.table(true).join('\n')).toMatch(/grants +0 +2/);
});

test('a trial says what is missing and writes nothing; without a place for events they are left out', async () => {
  const [source, target] = [memoryStore(), memoryStore()];
  await fill(source);
  await importTo(target, await exportOf(source));
  await source.importGrants([samplePortableGrant()]);
  await source.importRecords('client', [sampleStoredRecord()]);
  const before = await contentOf(target);
  for (const [store, expected] of [
    [target, /clients +1 +2[\s\S]*grants +1 +2[\s\S]*events, left out/],
    [undefined, /clients +3 +0[\s\S]*grants +3 +0/],
  ] as const) {
    const tally = createTally();
    const entries = (await openExport(await exportOf(source))).entries(PASSPHRASE);
    await importEntries(entries, { target: trialTarget(store, clock), tally, takesEvents: false });
    expect(tally.table(true).join('\n')).toMatch(expected);
  }
  expect(await contentOf(target)).toEqual(before);
});

test('a target with signing keys of its own is refused before anything is written', async () => {
  const [source, target] = [memoryStore(), memoryStore()];
  await fill(source);
  const [keySet] = (await source.listRecords({ kind: 'key_set', limit: 1 }, clock.now())).records;
  await target.importRecords('key_set', [sampleStoredRecord({ id: keySet?.id ?? '', body: '{"payload":"eA=="}' })]);
  const before = await contentOf(target);
  await expect(importTo(target, await exportOf(source))).rejects.toThrow('has signing keys of its own');
  const entries = (await openExport(await exportOf(source))).entries(PASSPHRASE);
  const trial = { target: trialTarget(target, clock), tally: createTally(), takesEvents: true };
  await expect(importEntries(entries, trial)).rejects.toThrow('has signing keys of its own');
  expect(await contentOf(target)).toEqual(before);
});

test('a store that is retired refuses changes from before its first record is read', async () => {
  const store = memoryStore();
  await fill(store);
  const bytes = await exportOf(store, true);
  await expect(store.importGrants([samplePortableGrant()])).resolves.toBe(1);
  await bytes.next();
  await expect(store.importGrants([samplePortableGrant()])).rejects.toMatchObject({ code: 'storage.retired' });
  const target = memoryStore();
  await importTo(target, await exportOf(store, true));
  expect(await contentOf(target)).toEqual(await contentOf(store));
});

test('another passphrase, and any changed byte of the whole file, is refused', async () => {
  const store = memoryStore();
  await store.importRecords('client', [sampleStoredRecord()]);
  const bytes = Buffer.concat(await collect(await exportOf(store)));
  await expect(importTo(memoryStore(), once(bytes), 'another passphrase')).rejects.toThrow('the passphrase is another');
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ mask;
      await expect(importTo(memoryStore(), once(changed))).rejects.toThrow(
        /no export|damaged|does not open|not whole|newer/,
      );
    }),
  );
});

test('a line that is refused is named by its number, and what stands before it is there', async () => {
  const key = await derivePassphraseKey(PASSPHRASE, kdf);
  const header = encodeHeader({ source: 'memory', createdAt: clock.now(), isRetired: false, kdf });
  const clients = Array.from({ length: 600 }, () => sampleStoredRecord());
  async function* lines(): AsyncGenerator<string> {
    for (const record of clients) yield entryToLine({ type: 'record', kind: 'client', record });
    yield '{"type":"record","kind":"nothing"}';
  }
  const body = sealChunks(encodeLines(lines()), { key, headerHash: hashHeader(header) });
  const target = memoryStore();
  const bytes = Buffer.concat([header, ...(await collect(body))]);
  await expect(importTo(target, once(bytes))).rejects.toThrow(/^Line 601 of the export/);
  expect(await contentOf(target)).toHaveLength(500);
});

test('what is held at a time is some megabytes, however large grants and events are', async () => {
  const sizes: number[] = [];
  const target: ImportTarget = {
    addGrants: async (grants) => sizes.push(grants.length),
    addRecords: async (_kind, records) => sizes.push(records.length),
    addEvents: async (events) => void sizes.push(events.length),
  };
  async function* entries(): AsyncGenerator<PortableEntry> {
    for (let number = 0; number < 40; number += 1) {
      const { grant, authorization, ...rest } = samplePortableGrant();
      const large = { ...authorization, connectorData: Buffer.alloc(256 * 1024) };
      yield { type: 'grant', grant: { ...rest, authorization: large, grant: { ...grant, authorization: large } } };
    }
    for (let number = 0; number < 40; number += 1) {
      const { grant, authorization, ...rest } = samplePortableGrant();
      const claims = { long: 'x'.repeat(256 * 1024) };
      const large = { ...authorization, identity: { ...authorization.identity, claims } };
      yield { type: 'grant', grant: { ...rest, authorization: large, grant: { ...grant, authorization: large } } };
    }
    const data = JSON.stringify({ long: 'x'.repeat(256 * 1024) });
    for (let number = 0; number < 40; number += 1) yield { type: 'event', event: sampleWaitingEvent({ data }) };
  }
  await importEntries(entries(), { target, tally: createTally(), takesEvents: true });
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(120);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
});

test('keys that a process makes on the target at the same time are noticed all the same', async () => {
  const [source, target] = [memoryStore(), memoryStore()];
  await source.importRecords('key_set', [sampleStoredRecord({ id: 'signing' })]);
  const racing: DurableStore = {
    ...target,
    async importRecords(kind, records) {
      await target.importRecords('key_set', [sampleStoredRecord({ id: 'signing', body: '{"payload":"eA=="}' })]);
      return target.importRecords(kind, records);
    },
  };
  await expect(importTo(racing, await exportOf(source))).rejects.toThrow('has signing keys of its own');
});

test('20,000 grants are read and written in pages, and none before it is asked for', async () => {
  const statements: string[] = [];
  const [source, target] = [memoryStore(statements), memoryStore()];
  const sample = samplePortableGrant();
  for (let page = 0; page < 40; page += 1) {
    await source.importGrants(
      Array.from({ length: 500 }, () => {
        const id = randomUUID();
        return { ...sample, id, codeHash: randomBytes(32), grant: { ...sample.grant, id } };
      }),
    );
  }
  statements.length = 0;
  const bytes = await exportOf(source);
  for (let part = 0; part < 3; part += 1) await bytes.next();
  expect(statements.filter((name) => name === 'export_grants').length).toBeLessThan(5);
  await bytes.return(undefined);

  const batches: number[] = [];
  const counting: DurableStore = {
    ...target,
    importGrants: (grants) => {
      batches.push(grants.length);
      return target.importGrants(grants);
    },
  };
  const tally = await importTo(counting, await exportOf(source));
  expect([batches.length, Math.max(...batches)]).toEqual([40, 500]);
  expect(tally.table(true).join('\n')).toMatch(/grants +20,000 +0/);
}, 60_000);
