import { PassThrough } from 'node:stream';
import { systemClock } from '@tessera/clock';
import type { EventsConfig, TesseraConfig } from '@tessera/config';
import { createMetrics, silentLogger } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createEventsService } from './server.ts';
import { createFakeOutbox } from './testing/fake-outbox.ts';
import { event, source } from './testing/harness.ts';

function start(events?: EventsConfig) {
  const part = { issuer: source, ...(events === undefined ? {} : { events }) };
  const output = new PassThrough();
  const outbox = createFakeOutbox(systemClock);
  const metrics = createMetrics();
  const service = createEventsService({
    config: part as unknown as TesseraConfig,
    clock: systemClock,
    logger: silentLogger,
    metrics,
    storage: outbox,
    output,
  });
  return { service, outbox, output, metrics };
}

test('The service has no routes and offers nothing; it carries events to where the configuration says', async () => {
  const { service, outbox, output } = start({ type: 'stdout' });
  expect({ ...service, ready: undefined, close: undefined }).toEqual({ name: 'events', handlers: {}, bindings: [] });
  outbox.append(event(1));
  await service.ready();
  await waitFor(() => outbox.waiting.length === 0, { what: 'the event to be settled' });
  await service.close();
  expect(JSON.parse(String(output.read()))).toMatchObject({ id: 'a1', source, type: 'dev.tessera.grant.revoked' });
});

test('What waits, what is parked and what was published is measured', async () => {
  const { service, outbox, metrics } = start({ type: 'stdout' });
  outbox.append(event(1), { ...event(2), type: 'of.a.later.version' }, { ...event(3), data: 'nothing' });
  await waitFor(() => outbox.waiting.length === 1, { what: 'the events to be settled' });
  outbox.breakDown('settle');
  outbox.append(event(4));
  const read = async (): Promise<string[]> =>
    (await metrics.exposition()).body.split('\n').filter((line) => line.startsWith('tessera_'));
  await waitFor(async () => (await read()).includes('tessera_outbox_waiting 1'), { what: 'the backlog' });
  expect(await read()).toEqual([
    'tessera_outbox_waiting 1',
    'tessera_outbox_parked 1',
    expect.stringMatching(/^tessera_outbox_oldest_seconds [1-9]\d*(\.\d+)?(e\+\d+)?$/),
    'tessera_events_published_total{type="grant.revoked"} 2',
    'tessera_events_published_total{type="other"} 1',
  ]);
  await service.close();
});

test('Without a place to send events to it says so', () => {
  expect(() => start()).toThrow(expect.objectContaining({ code: 'events.not_configured' }));
});
