import { createFakeClock } from '@tessera/clock';
import { runInContext } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createMemoryDurableStore } from '../backends/memory/durable.ts';
import { createMemoryEphemeralStore } from '../backends/memory/ephemeral.ts';
import { sampleConnector } from '../conformance/durable-samples.ts';
import { sampleClient } from '../conformance/samples.ts';
import { createStorageApi } from '../storage-api.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Two processes on the same stores: one is asked, the other one changes. */
function setUp() {
  const clock = createFakeClock();
  const reads: string[] = [];
  const durable = createMemoryDurableStore({ clock, hasOutbox: true, onStatement: (name) => reads.push(name) });
  const ephemeral = createMemoryEphemeralStore({ clock });
  const config = { staticClients: [], staticPasswords: [] };
  const options = { ephemeral, durable, clock, config, hasOutbox: true };
  const [asked, other] = [createStorageApi(options).api, createStorageApi(options).api];
  return { clock, reads, asked, other };
}

test('a change of any kind reaches every caller who waits within two seconds, by one statement a second for all kinds', async () => {
  const { clock, reads, asked, other } = setUp();
  await other.compareAndSetKeySet('signing', 0, Uint8Array.of(1));
  await other.compareAndSetKeySet('other', 0, Uint8Array.of(1));
  const [clients, connectors] = [await asked.listClients(), await asked.listConnectors()];
  const answered: string[] = [];
  const note = (name: string) => () => void answered.push(name);
  const waiting = [
    ...Array.from({ length: 20 }, () => asked.listClients({ knownVersion: clients.version }).then(note('clients'))),
    asked.listConnectors({ knownVersion: connectors.version }).then(note('connectors')),
    asked.getKeySet('signing', 1).then(note('key set')),
    asked.getKeySet('other', 1).then(note('other key set')),
  ];
  await settle();
  reads.length = 0;
  clock.advance(1);
  await settle();
  expect([reads, answered]).toEqual([['revisions'], []]);
  await other.putRecord({ kind: 'client', value: sampleClient('new'), expected: 'absent', actor: '' });
  clock.advance(1);
  await settle();
  expect(answered).toEqual(Array.from({ length: 20 }, () => 'clients'));
  await other.putRecord({ kind: 'connector', value: sampleConnector('new'), expected: 'absent', actor: '' });
  await other.compareAndSetKeySet('signing', 1, Uint8Array.of(2));
  clock.advance(1);
  await settle();
  await settle();
  expect(answered.slice(20).toSorted()).toEqual(['connectors', 'key set']);
  clock.advance(18);
  await Promise.all(waiting);
  expect(answered.at(-1)).toBe('other key set');
});

test('a key set that changed before the caller came is given at once, and version 0 is never waited for', async () => {
  const { asked, other } = setUp();
  expect(await asked.getKeySet('signing', 0)).toEqual({ version: 0, payload: new Uint8Array() });
  await other.compareAndSetKeySet('signing', 0, Uint8Array.of(1));
  await other.compareAndSetKeySet('signing', 1, Uint8Array.of(2));
  expect(await asked.getKeySet('signing', 1)).toEqual({ version: 2, payload: Uint8Array.of(2) });
});

test('a key set that did not change is given when the deadline is near', async () => {
  const { clock, asked, other } = setUp();
  await other.compareAndSetKeySet('signing', 0, Uint8Array.of(1));
  const context = { requestId: 'test', deadlineMs: clock.monotonicMs() + 5000 };
  let answer: unknown;
  const waiting = runInContext(context, () => asked.getKeySet('signing', 1)).then((keySet) => {
    answer = keySet;
  });
  await settle();
  for (let second = 0; second < 3; second += 1) {
    clock.advance(1);
    // Another set of the same kind wakes the caller, who goes on waiting until the same deadline.
    await other.compareAndSetKeySet(`other-${second}`, 0, Uint8Array.of(1));
    await settle();
    await settle();
  }
  expect(answer).toBeUndefined();
  clock.advance(1);
  await waiting;
  expect(answer).toEqual({ version: 1, payload: Uint8Array.of(1) });
});
