import type { AdministeredKind, AdministeredRecords } from '@tessera/contracts';
import { describe, expect, test } from 'vitest';
import { createBench, type DurableHarness } from './bench-api.ts';
import {
  drain,
  drainKey,
  sampleConnector,
  sampleCredential,
  sampleInitialAccessToken,
  subjectOf,
} from './durable-samples.ts';
import { freshId, sampleClient, sampleUser } from './samples.ts';

/** What every durable store has to do with what is administered. */
export function administrationSuite(harness: DurableHarness): void {
  describe('administration', () => {
    kindsSuite(harness);
    listsSuite(harness);
    initialAccessTokensSuite(harness);
  });
}

function kindsSuite(harness: DurableHarness): void {
  const email = `${freshId()}@example.org`;
  const person = { ...sampleUser().identity, email };
  const samples: { readonly [K in AdministeredKind]: readonly [string, AdministeredRecords[K]] } = {
    client: ['client-1', sampleClient('client-1')],
    connector: ['connector-1', sampleConnector('connector-1')],
    user: [email, sampleUser({ email, identity: person })],
    credential: ['credential-1', sampleCredential(subjectOf('u1'), { id: 'credential-1' })],
    initial_access_token: ['token-1', sampleInitialAccessToken({ id: 'token-1' })],
  };
  for (const kind of Object.keys(samples) as AdministeredKind[]) {
    test(`a ${kind} comes back as it was, is changed from version to version and deleted, and each change is told`, async () => {
      const bench = await createBench(harness);
      const [id, value] = samples[kind];
      await bench.api.deleteRecord({ kind, id, actor: '' });
      await drain(bench);
      const put = (expected: 'absent' | 'any' | number) => bench.api.putRecord({ kind, value, expected, actor: 'jo' });
      expect([await put('absent'), await put('absent'), await put(1), await put(1), await put('any')]).toEqual([
        1,
        undefined,
        2,
        undefined,
        3,
      ]);
      const found = await bench.api.getRecord(kind, id);
      expect({ ...found, value: plain(found?.value) }).toEqual({ value: plain(value), version: 3 });
      expect(await bench.api.deleteRecord({ kind, id, expectedVersion: 2, actor: 'jo' })).toBe(false);
      expect(await bench.api.deleteRecord({ kind, id, actor: 'jo' })).toBe(true);
      expect(await bench.api.deleteRecord({ kind, id, actor: 'jo' })).toBe(false);
      expect(await bench.api.getRecord(kind, id)).toBeUndefined();
      const changes = ['created', 'updated', 'replaced', 'deleted'];
      expect(await drainKey(bench, id)).toEqual(
        changes.map((change) => ({ type: `${kind}.changed`, data: { id, change, actor: 'jo' } })),
      );
      await bench.durable.close();
    });
  }
}

function listsSuite(harness: DurableHarness): void {
  test('credentials are listed by person, in pages', async () => {
    const bench = await createBench(harness);
    const subject = subjectOf(freshId());
    const credentials = Array.from({ length: 7 }, () => sampleCredential(subject));
    for (const value of [...credentials, sampleCredential(subjectOf(freshId()))]) {
      await bench.api.putRecord({ kind: 'credential', value, expected: 'absent', actor: '' });
    }
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const request = { subject, limit: 3, ...(cursor === undefined ? {} : { cursor }) };
      const page = await bench.api.listRecords('credential', request);
      ids.push(...page.items.map(({ value }) => value.id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(ids).toEqual(credentials.map(({ id }) => id).toSorted());
    await bench.durable.close();
  });

  test('connectors are listed whole, with a version that changes when one does', async () => {
    const bench = await createBench(harness);
    const id = freshId();
    const before = await bench.api.listConnectors();
    const connector = sampleConnector(id);
    await bench.api.putRecord({ kind: 'connector', value: connector, expected: 'absent', actor: '' });
    const after = await bench.api.listConnectors({ knownVersion: before.version });
    expect(after.version).not.toBe(before.version);
    expect(after.connectors?.find((one) => one.id === id)).toEqual(connector);
    await bench.api.deleteRecord({ kind: 'connector', id, actor: '' });
    const last = await bench.api.listConnectors({ knownVersion: after.version });
    expect(last.connectors?.some((one) => one.id === id)).toBe(false);
    await bench.durable.close();
  });

  test('a long list of clients comes in pages of one version, and each client once', async () => {
    const bench = await createBench(harness);
    const prefix = freshId();
    const ids = Array.from({ length: 40 }, (_, index) => `${prefix}${String(index).padStart(2, '0')}`);
    for (const id of ids) await bench.putClient({ ...sampleClient(id), name: 'x'.repeat(60_000) });
    const seen: string[] = [];
    const versions = new Set<string>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await bench.api.listClients(cursor === undefined ? {} : { cursor });
      const bytes = Buffer.byteLength(JSON.stringify(page.clients));
      expect(bytes).toBeLessThan(2 * 1024 * 1024);
      seen.push(...(page.clients ?? []).map((client) => client.id));
      versions.add(page.version);
      pages += 1;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect([pages > 1, versions.size]).toEqual([true, 1]);
    expect(seen.filter((id) => id.startsWith(prefix))).toEqual(ids);
    for (const id of ids) await bench.deleteClient(id);
    await bench.durable.close();
  });
}

function initialAccessTokensSuite(harness: DurableHarness): void {
  test('RFC 7591 §1.2: of 100 parallel uses of a token that is good for three, three succeed, and each is told', async () => {
    const bench = await createBench(harness);
    await drain(bench);
    const token = sampleInitialAccessToken({ remainingUses: 3 });
    await bench.api.putRecord({ kind: 'initial_access_token', value: token, expected: 'absent', actor: '' });
    await drain(bench);
    const calls = Array.from({ length: 100 }, () => bench.api.consumeInitialAccessToken(token.id));
    const used = (await Promise.all(calls)).filter((one) => one !== undefined);
    expect(new Set(used.map(({ remainingUses }) => remainingUses))).toEqual(new Set([1, 2, 3]));
    expect(used).toHaveLength(3);
    expect(used.map(({ policy }) => policy)).toEqual([token.policy, token.policy, token.policy]);
    const data = { id: token.id, change: 'used', actor: '' };
    const event = { type: 'initial_access_token.changed', data };
    expect(await drainKey(bench, token.id)).toEqual([event, event, event]);
    const kept = await bench.api.getRecord('initial_access_token', token.id);
    expect(kept?.value.remainingUses).toBe(0);
    await bench.durable.close();
  });

  test('two processes that use the last of a token at once: one gets it', async () => {
    const bench = await createBench(harness);
    const rivals = [bench.api, bench.sameStores().api];
    for (let round = 0; round < 10; round += 1) {
      const token = sampleInitialAccessToken({ remainingUses: 1 });
      await bench.api.putRecord({ kind: 'initial_access_token', value: token, expected: 'absent', actor: '' });
      const used = await Promise.all(rivals.map((api) => api.consumeInitialAccessToken(token.id)));
      expect(used.filter((one) => one !== undefined)).toEqual([token]);
    }
    await bench.durable.close();
  });

  test('a token is of no use after its lifetime, unknown or used up', async () => {
    const bench = await createBench(harness);
    const expiresAt = new Date(bench.clock.now().getTime() + 1000);
    const [short, spent] = [sampleInitialAccessToken({ expiresAt }), sampleInitialAccessToken({ remainingUses: 0 })];
    for (const value of [short, spent]) {
      await bench.api.putRecord({ kind: 'initial_access_token', value, expected: 'absent', actor: '' });
    }
    expect(await bench.api.consumeInitialAccessToken(short.id)).toEqual(short);
    bench.clock.advance(1);
    for (const id of [short.id, spent.id, freshId(), 'nul\0']) {
      expect(await bench.api.consumeInitialAccessToken(id)).toBeUndefined();
    }
    await bench.durable.close();
  });
}

/** Buffers and arrays of bytes compare by content. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
