import { createFakeClock } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { createMetrics, noMetrics, silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createEventLogs } from './event-logs.ts';

function createStorage() {
  const events: SecurityEvent[] = [];
  return { events, appendEvent: async (event: SecurityEvent) => void events.push(event) };
}

test('Callers that share storage share a log, and closing writes what waits', async () => {
  const [storage, other] = [createStorage(), createStorage()];
  const config = { events: { type: 'stdout' } } as const;
  const logs = createEventLogs({ config, clock: createFakeClock(), logger: silentLogger, metrics: noMetrics });
  expect(logs.of(storage)).toBe(logs.of(storage));
  logs.of(storage).record('consent.withdrawn', 'sub', { clientId: 'app' });
  logs.of(other).record('consent.withdrawn', 'sub', { clientId: 'other' });
  await logs.close();
  expect([storage, other].map(({ events }) => events.map(({ data }) => data))).toEqual([
    ['{"clientId":"app"}'],
    ['{"clientId":"other"}'],
  ]);
});

test('Without an events service in the configuration storage is never called', async () => {
  const storage = createStorage();
  const logs = createEventLogs({ config: {}, clock: createFakeClock(), logger: silentLogger, metrics: noMetrics });
  logs.of(storage).record('consent.withdrawn', 'sub', { clientId: 'app' });
  await logs.of(storage).recordDurably('consent.withdrawn', 'sub', { clientId: 'app' });
  await logs.close();
  expect(storage.events).toEqual([]);
});

test('What is told and not kept is counted by its type, whichever log it was told to', async () => {
  const [storage, other] = [createStorage(), createStorage()];
  const metrics = createMetrics();
  const config = { events: { type: 'stdout' } } as const;
  const logs = createEventLogs({ config, clock: createFakeClock(), logger: silentLogger, metrics });
  for (const place of [storage, other]) {
    for (let number = 0; number < 60; number += 1) {
      logs.of(place).record('consent.withdrawn', 'sub', { clientId: 'app' });
    }
  }
  await logs.close();
  expect(storage.events).toHaveLength(50);
  expect((await metrics.exposition()).body).toContain('tessera_events_dropped_total{type="consent.withdrawn"} 20');
});
