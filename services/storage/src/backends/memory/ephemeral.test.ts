import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { ephemeralConformance } from '../../conformance/ephemeral.ts';
import { createMemoryEphemeralStore } from './ephemeral.ts';

const clock = createFakeClock();

ephemeralConformance('memory', {
  open: async (onCommand) => createMemoryEphemeralStore({ clock, onCommand }),
  pass: async (seconds) => clock.advance(seconds),
  shortTtlSeconds: 60,
});

test('a full store refuses new requests, and expired ones make room', async () => {
  const store = createMemoryEphemeralStore({ clock, maxEntries: 2 });
  const put = (id: string, ttlSeconds: number) =>
    store.putRequest({ id, version: 1, payload: new Uint8Array() }, ttlSeconds);
  await put('a', 60);
  await put('b', 120);
  await expect(put('c', 60)).rejects.toMatchObject({ kind: 'resource_exhausted', code: 'storage.full' });
  clock.advance(60);
  await put('c', 60);
  await expect(put('d', 60)).rejects.toMatchObject({ code: 'storage.full' });
  expect(await store.getRequest('b')).toMatchObject({ type: 'pending' });
  clock.advance(60);
  await store.sweep();
  await put('d', 60);
  await put('e', 60);
});
