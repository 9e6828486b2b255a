import { AsyncLocalStorage } from 'node:async_hooks';
import { createFakeClock } from '@tessera/clock';
import type { SecurityEvent } from '@tessera/contracts';
import { TesseraError, unavailable } from '@tessera/errors';
import type { LogFields } from '@tessera/telemetry';
import { expect, it } from 'vitest';
import { createEventLog, type EventLogOptions } from './event-log.ts';

const down = unavailable('storage.unavailable', 'storage does not answer');

function setUp(append?: EventLogOptions['append']) {
  const clock = createFakeClock();
  const written: SecurityEvent[] = [];
  const warnings: LogFields[] = [];
  const silent = (): void => undefined;
  const logger = {
    debug: silent,
    info: silent,
    warn: (fields: LogFields) => void warnings.push(fields),
    error: silent,
  };
  const state = { failure: undefined as Error | undefined, calls: 0 };
  const toStore: EventLogOptions['append'] = async (event) => {
    state.calls += 1;
    if (state.failure !== undefined) throw state.failure;
    written.push(event);
  };
  const dropped: string[] = [];
  const onDropped = (type: string): void => void dropped.push(type);
  const log = createEventLog({ append: append ?? toStore, clock, logger, isOn: true, onDropped });
  const deny = (clientId: string): void => log.record('consent.denied', clientId, { clientId, scopes: ['openid'] });
  const ids = (): unknown[] => written.map(({ data }) => (JSON.parse(data) as { clientId: string }).clientId);
  return { clock, log, written, warnings, dropped, state, deny, ids };
}

/** Lets everything that is under way come to its end. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('what is recorded is written behind the caller, in order, each once', async () => {
  const { log, deny, ids, written, clock } = setUp();
  for (let number = 0; number < 120; number += 1) deny(`app-${number}`);
  await log.close();
  expect(ids()).toEqual(Array.from({ length: 120 }, (_, number) => `app-${number}`));
  expect(new Set(written.map(({ id }) => id)).size).toBe(120);
  expect(written[0]).toMatchObject({ type: 'consent.denied', key: 'app-0', time: clock.now() });
});

it('what is recorded durably is there when the caller goes on, and an error is the caller’s', async () => {
  const { log, written, state } = setUp();
  await log.recordDurably('consent.granted', 'sub', { clientId: 'app', scopes: ['openid'] });
  expect(written).toHaveLength(1);
  state.failure = down;
  const outcome = log.recordDurably('consent.granted', 'sub', { clientId: 'app', scopes: [] });
  await expect(outcome).rejects.toBe(down);
  state.failure = undefined;
  await log.close();
  expect(written).toHaveLength(1);
});

it('while storage does not answer events wait, and are written once it does', async () => {
  const { clock, deny, ids, state } = setUp();
  state.failure = down;
  deny('a');
  deny('b');
  await settle();
  expect(state.calls).toBe(1);
  clock.advance(0.25);
  await settle();
  expect(state.calls).toBe(3);
  state.failure = undefined;
  deny('c');
  clock.advance(0.4);
  await settle();
  expect(ids()).toEqual([]);
  clock.advance(0.1);
  await settle();
  expect(ids()).toEqual(['a', 'b', 'c']);
});

it('no more than 250 of a type wait; the rest is dropped, and one line a minute says how many', async () => {
  const { clock, deny, ids, state, warnings } = setUp();
  state.failure = down;
  for (let number = 0; number < 250; number += 1) deny(`app-${number}`);
  clock.advance(10);
  for (let number = 250; number < 253; number += 1) deny(`app-${number}`);
  await settle();
  expect(warnings).toEqual([{ dropped: 1, err: undefined }]);
  clock.advance(60);
  await settle();
  expect(warnings.slice(1)).toEqual([{ dropped: 2, err: undefined }]);
  state.failure = undefined;
  clock.advance(5);
  while (ids().length < 250) await settle();
  clock.advance(60);
  expect(ids()).toEqual(Array.from({ length: 250 }, (_, number) => `app-${number}`));
  expect(warnings).toHaveLength(2);
});

it('ten thousand a second become ten a second, the rest is counted, and other types lose nothing', async () => {
  const { clock, log, deny, written, warnings, dropped } = setUp();
  const fail = (): void => {
    log.record('client_authentication.failed', 'unknown_client', { method: 'none', reason: 'unknown_client' });
  };
  for (let second = 0; second < 10; second += 1) {
    for (let step = 0; step < 100; step += 1) {
      for (let number = 0; number < 100; number += 1) fail();
      clock.advance(0.01);
    }
    deny(`app-${second}`);
    await settle();
  }
  await log.close();
  const kept = written.filter(({ type }) => type === 'client_authentication.failed').length;
  expect(kept).toBeGreaterThanOrEqual(50 + 9 * 10);
  expect(kept).toBeLessThanOrEqual(50 + 10 * 10);
  expect(written).toHaveLength(kept + 10);
  expect(dropped).toEqual(Array.from({ length: 100_000 - kept }, () => 'client_authentication.failed'));
  expect(warnings.reduce((sum, { dropped: count }) => sum + Number(count), 0)).toBe(100_000 - kept);
});

it('while storage does not answer, a flood of one type takes no place of another', async () => {
  const { clock, log, deny, ids, state } = setUp();
  state.failure = down;
  for (let second = 0; second < 60; second += 1) {
    for (let number = 0; number < 500; number += 1) {
      log.record('client_authentication.failed', 'unknown_client', { method: 'none', reason: 'unknown_client' });
    }
    clock.advance(1);
    await settle();
  }
  deny('app');
  state.failure = undefined;
  clock.advance(5);
  while (!ids().includes('app')) await settle();
  await log.close();
});

it('an event that storage refuses for itself is dropped, and holds up no other', async () => {
  const refusal = new TesseraError({ kind: 'invalid_argument', code: 'storage.invalid_record', message: 'no' });
  const { log, deny, warnings, written } = setUp(async (event) => {
    if (event.data.includes('bad')) throw refusal;
    written.push(event);
  });
  deny('bad');
  deny('good');
  await log.close();
  expect(written).toHaveLength(1);
  expect(warnings).toEqual([{ dropped: 1, err: refusal }]);
});

it('closing waits for what is under way, but not longer than two seconds', async () => {
  const pending = Promise.withResolvers<void>();
  const { clock, log, deny, warnings } = setUp(() => pending.promise);
  deny('a');
  const closed = log.close();
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  clock.advance(1.9);
  await settle();
  expect(isClosed).toBe(false);
  clock.advance(0.1);
  await closed;
  expect(warnings).toEqual([{ dropped: 1, err: undefined }]);
  deny('late');
  pending.resolve();
  await settle();
  expect(warnings).toHaveLength(1);
});

it('what is written behind a request does not end with the request’s deadline', async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const { log, deny } = setUp(async () => void seen.push(request.getStore()));
  request.run('of the request', () => deny('a'));
  await log.close();
  await request.run('of the request', () => log.recordDurably('consent.withdrawn', 'sub', { clientId: 'app' }));
  expect(seen).toEqual([undefined, 'of the request']);
});

it('without a place for events nothing is called', async () => {
  const clock = createFakeClock();
  const never = (): never => {
    throw new Error('called');
  };
  const logger = { debug: never, info: never, warn: never, error: never };
  const log = createEventLog({ append: never, clock, logger, isOn: false });
  log.record('consent.denied', 'sub', { clientId: 'app', scopes: [] });
  await log.recordDurably('consent.withdrawn', 'sub', { clientId: 'app' });
  await log.close();
});
