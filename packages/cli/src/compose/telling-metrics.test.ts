import type { Storage } from '@tessera/contracts';
import { createFakeEventLog, newEvent } from '@tessera/events';
import { createMetrics } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { createTellingMetrics } from './telling-metrics.ts';

const clientId = 'app';

async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<readonly string[]> {
  return (await metrics.exposition()).body.split('\n').filter((line) => line.startsWith(`${name}{`));
}

test('The ends of sign-ins are counted by connector: succeeded, throttled, or why they failed', async () => {
  const metrics = createMetrics();
  const events = createFakeEventLog();
  const log = createTellingMetrics(metrics).log(events);
  await log.recordDurably('sign_in.succeeded', 'sub', { connectorId: 'ldap', clientId });
  log.record('sign_in.failed', 'app', { connectorId: 'ldap', clientId, reason: 'invalid_credentials' });
  log.record('sign_in.throttled', 'app', { connectorId: 'local', clientId, retryAfterSeconds: 4 });
  log.record('consent.withdrawn', 'sub', { clientId });
  expect(await linesOf(metrics, 'tessera_sign_ins_total')).toEqual([
    'tessera_sign_ins_total{connector="ldap",outcome="succeeded"} 1',
    'tessera_sign_ins_total{connector="ldap",outcome="invalid_credentials"} 1',
    'tessera_sign_ins_total{connector="local",outcome="throttled"} 1',
  ]);
  expect(await linesOf(metrics, 'tessera_events_told_total')).toContain(
    'tessera_events_told_total{type="consent.withdrawn"} 1',
  );
});

test('What could not be written is not counted', async () => {
  const metrics = createMetrics();
  const lost = new Error('storage is gone');
  const log = createTellingMetrics(metrics).log({ ...createFakeEventLog(), recordDurably: () => Promise.reject(lost) });
  await expect(log.recordDurably('sign_in.succeeded', 'sub', { connectorId: 'ldap', clientId })).rejects.toBe(lost);
  expect(await linesOf(metrics, 'tessera_sign_ins_total')).toEqual([]);
});

test('A sign-in that begins a session is counted when both are written', async () => {
  const metrics = createMetrics();
  const data = { connectorId: 'ldap', clientId };
  const events = [newEvent('sign_in.succeeded', 'sub', data, new Date(0))];
  const telling = createTellingMetrics(metrics);
  const failures = [new Error('storage is gone')];
  const keeping: Pick<Storage, 'createSession'> = {
    createSession: async () => {
      const failure = failures.pop();
      if (failure !== undefined) throw failure;
    },
  };
  const storage = telling.sessions(keeping);
  await expect(storage.createSession({} as never, events)).rejects.toThrow('storage is gone');
  expect(await linesOf(metrics, 'tessera_sign_ins_total')).toEqual([]);
  await storage.createSession({} as never, events);
  expect(await linesOf(metrics, 'tessera_sign_ins_total')).toEqual([
    'tessera_sign_ins_total{connector="ldap",outcome="succeeded"} 1',
  ]);
});

test('However many connectors there are, a hundred are told apart', async () => {
  const metrics = createMetrics();
  const log = createTellingMetrics(metrics).log(createFakeEventLog());
  for (let number = 0; number < 150; number += 1) {
    log.record('sign_in.throttled', 'app', { connectorId: `c${number}`, clientId, retryAfterSeconds: 1 });
  }
  log.record('sign_in.throttled', 'app', { connectorId: 'c7', clientId, retryAfterSeconds: 1 });
  const lines = await linesOf(metrics, 'tessera_sign_ins_total');
  expect(lines).toHaveLength(101);
  expect(lines).toContain('tessera_sign_ins_total{connector="c7",outcome="throttled"} 2');
  expect(lines).toContain('tessera_sign_ins_total{connector="other",outcome="throttled"} 50');
});
