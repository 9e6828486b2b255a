import { createFakeClock } from '@tessera/clock';
import type { LogoutDelivery } from '@tessera/contracts';
import { EgressError, type EgressRequest } from '@tessera/egress';
import { createFakeEventLog } from '@tessera/events';
import { createLogger } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeStorage } from '../testing/fake-storage.ts';
import { createClient } from '../testing/harness.ts';
import { createLogoutDeliverer, type LogoutDeliverer } from './deliver-logout-tokens.ts';

const ADDRESS = 'https://app.example.com/back?canary-path';
let deliverer: LogoutDeliverer;
afterEach(() => deliverer.close());

type Answer = number | Error | Promise<number>;

const start = (...answers: Answer[]) => startWhen(async () => undefined, ...answers);

/** Everything around the worker; `answers` are what the client answers, the last of them for ever. */
function startWhen(ready: () => Promise<void>, ...answers: Answer[]) {
  const clock = createFakeClock();
  const storage = createFakeStorage(clock);
  const events = createFakeEventLog();
  const sent: EgressRequest[] = [];
  const logs: string[] = [];
  const app = createClient('app', { settings: { backchannelLogoutUri: ADDRESS } });
  const options = {
    config: { issuer: 'https://id.example.com/dex' },
    clock,
    events,
    storage: storage.port,
    clients: {
      ready,
      find: (id: string) => (id === 'app' ? app : id === 'silent' ? createClient('silent') : undefined),
    },
    keys: { sign: async () => [`token-${sent.length + 1}`] },
    egress: {
      async send(request: EgressRequest) {
        sent.push(request);
        const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? 200;
        if (answer instanceof Error) throw answer;
        return { status: await answer, mediaType: '', text: '' };
      },
    },
    logger: createLogger({
      service: 'authorize',
      level: 'debug',
      format: 'json',
      stream: { write: (line: string) => void logs.push(line) },
    }),
  };
  deliverer = createLogoutDeliverer(options);
  const put = (...deliveries: Partial<LogoutDelivery>[]) =>
    storage.port.putLogoutDeliveries(
      (deliveries.length === 0 ? [{}] : deliveries).map((changes) => ({
        id: 'd-1',
        clientId: 'app',
        subject: 'jane',
        sessionId: 'session-1',
        attempts: 0,
        dueAt: clock.now(),
        expiresAt: new Date(clock.now().getTime() + 86_400_000),
        ...changes,
      })),
    );
  const kept = () => [...storage.sessions.deliveries.values()];
  const settled = (count: number) =>
    waitFor(() => storage.calls.filter((call) => call === 'settleLogoutDeliveries').length === count, {
      what: `${count} settled rounds`,
    });
  return { clock, storage, events, sent, logs, options, put, kept, settled };
}

describe('the delivery of logout tokens', () => {
  it('OIDC Back-Channel Logout §2.5: posts the token alone, by a form, as soon as it is told to, and is done', async () => {
    const { sent, put, kept, settled } = start(200);
    await put();
    deliverer.wake();
    await settled(1);
    expect(sent).toEqual([
      {
        url: ADDRESS,
        form: new URLSearchParams({ logout_token: 'token-1' }),
        statusOnly: true,
        maxBytes: 4_096,
        timeoutMs: 5_000,
      },
    ]);
    expect(kept()).toEqual([]);
  });

  it('OIDC Back-Channel Logout §2.8: 204 is as good as 200', async () => {
    const { put, kept, settled } = start(204);
    await put();
    deliverer.wake();
    await settled(1);
    expect(kept()).toEqual([]);
  });

  it('OIDC Back-Channel Logout §2.8: 400 is the client’s last word, and is on record', async () => {
    const { put, kept, settled, events } = start(400);
    await put();
    deliverer.wake();
    await settled(1);
    expect(kept()).toEqual([]);
    expect(events.recorded).toEqual([
      {
        type: 'session.logout_undelivered',
        key: 'app',
        data: { clientId: 'app', sessionId: 'session-1', reason: 'refused', attempts: 1 },
      },
    ]);
  });

  it.each<[string, Answer]>([
    ['an error', 503],
    ['a redirect', 302],
    ['nothing', new EgressError('too-slow', 'app.example.com did not answer in time')],
  ])('is tried again, ever more seldom, after %s', async (_, answer) => {
    const { clock, put, kept, settled } = start(answer);
    await put();
    const pauses: number[] = [];
    for (const round of [1, 2, 3, 4, 5, 6]) {
      deliverer.wake();
      await settled(round);
      const [delivery] = kept();
      const pause = ((delivery?.dueAt.getTime() ?? 0) - clock.now().getTime()) / 1000;
      pauses.push(pause);
      clock.set(new Date(clock.now().getTime() + pause * 1000));
    }
    expect(pauses).toEqual([5, 30, 120, 600, 3_600, 3_600]);
  });

  it('is given up when the day is over, and that is on record', async () => {
    const { clock, put, kept, settled, events, logs } = start(503);
    await put({ attempts: 20, expiresAt: new Date(clock.now().getTime() + 3_600_000) });
    deliverer.wake();
    await settled(1);
    expect(kept()).toEqual([]);
    expect(events.recorded).toMatchObject([{ data: { reason: 'unreachable', attempts: 21 } }]);
    expect(logs.join('')).toContain('is told no more');
  });

  it('looks at start for what another process left behind, then every 15 seconds, each time once for nothing', async () => {
    const { clock, storage, put, kept, settled } = start(200);
    await waitFor(() => storage.calls.length === 1, { what: 'the first look' });
    clock.advance(14);
    clock.advance(1);
    await waitFor(() => storage.calls.length === 2, { what: 'the second look' });
    expect(storage.calls).toEqual(['takeLogoutDeliveries', 'takeLogoutDeliveries']);
    await put();
    clock.advance(15);
    await settled(1);
    expect(kept()).toEqual([]);
  });

  it('waits until the clients are known, as before that nobody would be told, and needs no further call then', async () => {
    const known = Promise.withResolvers<void>();
    const { clock, storage, sent, put, kept, settled } = startWhen(() => known.promise, 200);
    await put();
    deliverer.wake();
    clock.advance(15);
    await new Promise((resolve) => setImmediate(resolve));
    expect([storage.calls, kept().length]).toEqual([['putLogoutDeliveries'], 1]);
    known.resolve();
    await settled(1);
    expect([sent.length, kept()]).toEqual([1, []]);
  });

  it('ends with the service also where the clients were never known', async () => {
    const { storage } = startWhen(() => new Promise<void>(() => undefined));
    await deliverer.close();
    expect(storage.calls).toEqual([]);
  });

  it('goes on when storage was down, and when a token could not be signed', async () => {
    const { clock, storage, options, put, kept, settled, sent, logs } = start(200);
    storage.failure = new Error('down');
    await waitFor(() => logs.join('').includes('looking again later'), { what: 'the failed look' });
    storage.failure = undefined;
    await put();
    const { sign } = options.keys;
    options.keys.sign = () => Promise.reject(new Error('no keys yet'));
    clock.advance(15);
    await settled(1);
    expect(sent).toEqual([]);
    options.keys.sign = sign;
    clock.advance(15);
    await settled(2);
    expect(kept()).toEqual([]);
  });

  it('of a client that is gone, or wants none any more, is over', async () => {
    const { put, kept, settled, sent } = start(200);
    await put({ clientId: 'gone' }, { id: 'd-2', clientId: 'silent' });
    deliverer.wake();
    await settled(1);
    expect([kept(), sent]).toEqual([[], []]);
  });

  it('is of a bounded number at one time, and of all in the end', async () => {
    const gate = Promise.withResolvers<number>();
    const { put, kept, sent, settled } = start(gate.promise);
    await put(...Array.from({ length: 40 }, (_, index) => ({ id: `d-${index}` })));
    deliverer.wake();
    await waitFor(() => sent.length > 0, { what: 'the first calls' });
    deliverer.wake();
    expect(sent).toHaveLength(16);
    gate.resolve(200);
    await settled(3);
    expect([kept(), sent.length]).toEqual([[], 40]);
  });

  it('ends with the service, after what is under way', async () => {
    const gate = Promise.withResolvers<number>();
    const { clock, storage, put, kept, sent } = start(gate.promise);
    await put();
    deliverer.wake();
    await waitFor(() => sent.length === 1, { what: 'the call' });
    const closed = deliverer.close();
    gate.resolve(200);
    await closed;
    expect(kept()).toEqual([]);
    storage.calls.length = 0;
    clock.advance(60);
    deliverer.wake();
    expect(storage.calls).toEqual([]);
  });

  it('N96: the log names the host, and neither the token nor the rest of the address', async () => {
    const { put, settled, logs } = start(503);
    await put();
    deliverer.wake();
    await settled(1);
    const text = logs.join('');
    expect(text).toContain('app.example.com');
    for (const secret of ['token-1', 'canary', 'jane']) expect(text).not.toContain(secret);
  });
});
