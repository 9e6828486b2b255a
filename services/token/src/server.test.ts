import { routeTable } from '@tessera/http';
import { describe, expect, it } from 'vitest';
import { createHarness, createHarnessWith, noClients } from './testing/harness.ts';

describe('the token service', () => {
  it('answers exactly the routes that the route table gives it, and offers its tokens by gRPC', async () => {
    const { service } = await createHarness();
    const own = Object.entries(routeTable).filter(([, { service: owner }]) => owner === 'token');
    expect(Object.keys(service.handlers).sort()).toEqual(own.map(([name]) => name).sort());
    expect([service.name, service.bindings.length]).toEqual(['token', 1]);
    await service.close();
  });

  it('is ready when every directory is, and answers 503 rather than “unknown client” before', async () => {
    const loading = Promise.withResolvers<void>();
    const clients = { ...noClients, ready: () => loading.promise };
    const harness = await createHarnessWith({ options: { clients } });
    let isReady = false;
    const ready = harness.service.ready().then(() => {
      isReady = true;
    });
    for (const route of ['token', 'deviceAuthorization', 'introspection', 'revocation', 'userinfo'] as const) {
      const answer = await harness.post(route, {});
      expect([answer.status, answer.body['error']]).toEqual([503, 'temporarily_unavailable']);
    }
    expect(isReady).toBe(false);
    loading.resolve();
    await ready;
    expect((await harness.post('token', {})).status).toBe(401);
  });

  it('waits for the connectors to be ready, but serves what does not need them', async () => {
    const connectors = { find: () => undefined, list: () => [], ready: () => new Promise<void>(() => undefined) };
    const harness = await createHarnessWith({ options: { connectors: { ...connectors, close: () => undefined } } });
    const first = await Promise.race([
      harness.service.ready().then(() => 'ready'),
      new Promise((resolve) => setImmediate(() => resolve('waiting'))),
    ]);
    expect(first).toBe('waiting');
    expect((await harness.post('introspection', { token: 'x' })).text).toBe('{"active":false}');
  });

  it('a directory that can never load is told by ready()', async () => {
    const failure = new Error('no keys for you');
    const clients = { ...noClients, ready: () => Promise.reject(failure) };
    const harness = await createHarnessWith({ options: { clients } });
    await expect(harness.service.ready()).rejects.toBe(failure);
    expect((await harness.post('token', {})).status).toBe(503);
  });
});
