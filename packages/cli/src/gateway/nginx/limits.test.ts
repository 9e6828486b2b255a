import { describe, expect, test } from 'vitest';
import { defaultLimits, type GatewayLimits } from '../gateway-options.ts';
import { publicRoutes } from '../public-routes.ts';
import { type GatewayStage, startStage } from '../testing/gateway-stage.ts';

const limits: GatewayLimits = {
  pages: { ratePerSecond: 1, burst: 2 },
  signIns: { ratePerSecond: 1, burst: 1 },
  clients: { ratePerSecond: 1, burst: 4 },
  documents: { ratePerSecond: 1, burst: 6 },
  connections: 2,
  exempt: ['192.0.2.0/24'],
};

/** Clients of any address, as a load balancer tells of them. */
const proxiesBefore = { networks: ['127.0.0.1'], by: 'X-Forwarded-For' } as const;

/** How many of `count` requests are let through, one after another. */
async function letThrough(stage: GatewayStage, path: string, from: string, { count = 10, method = 'GET' } = {}) {
  let passed = 0;
  for (let each = 0; each < count; each += 1) {
    const response = await fetch(`${stage.url}${path}`, {
      method,
      headers: { 'X-Forwarded-For': from },
      ...(method === 'POST' ? { body: new URLSearchParams({ code: 'x' }) } : {}),
    });
    await response.text();
    if (response.status === 200) passed += 1;
    else expect(response.status).toBe(429);
  }
  return passed;
}

describe('One address', () => {
  test('Each kind of route has a bound of its own, and one address does not use up another’s', async () => {
    await using stage = await startStage({ limits, proxiesBefore });
    expect(await letThrough(stage, '/dex/auth', '198.51.100.1')).toBe(3);
    expect(await letThrough(stage, '/dex/token', '198.51.100.1', { method: 'POST' })).toBe(5);
    expect(await letThrough(stage, '/dex/keys', '198.51.100.1')).toBe(7);
    expect(await letThrough(stage, '/dex/auth', '198.51.100.2')).toBe(3);
  });

  test('Passwords that are sent have a bound below that of pages, which looking at the form does not use up', async () => {
    await using stage = await startStage({ limits, proxiesBefore });
    const options = { count: 2 };
    expect(await letThrough(stage, '/dex/auth/local/login', '198.51.100.1', options)).toBe(2);
    expect(await letThrough(stage, '/dex/auth/local/login', '198.51.100.2', { method: 'POST' })).toBe(2);
    expect(await letThrough(stage, '/dex/device/auth/verify_code', '198.51.100.3', { method: 'POST' })).toBe(2);
  });

  test('The health check of a load balancer and the networks that are named have no bounds', async () => {
    await using stage = await startStage({ limits, proxiesBefore });
    expect(await letThrough(stage, '/dex/healthz', '198.51.100.1', { count: 20 })).toBe(20);
    expect(await letThrough(stage, '/dex/auth', '192.0.2.77', { count: 20 })).toBe(20);
  });

  test('Of IPv6, addresses of one /64 count as one', async () => {
    await using stage = await startStage({ limits, proxiesBefore });
    expect(await letThrough(stage, '/dex/auth', '2001:db8:0:1::1')).toBe(3);
    expect(await letThrough(stage, '/dex/auth', '2001:db8:0:1:ffff:a:0:a')).toBe(0);
    expect(await letThrough(stage, '/dex/auth', '2001:db8:0:2::1')).toBe(3);
    // Whose first bytes hold a line break and a zero.
    expect(await letThrough(stage, '/dex/auth', '2001:a0a:0:0::1')).toBe(3);
    expect(await letThrough(stage, '/dex/auth', '2001:a0a::2')).toBe(0);
  });

  test('RFC 6585 §4: who asks too often is told when to come back, a client in JSON and a person by a page', async () => {
    await using stage = await startStage({ limits });
    const last = async (path: string, method: string): Promise<Response> => {
      for (;;) {
        const response = await fetch(`${stage.url}${path}`, { method });
        if (response.status === 429) return response;
        await response.text();
      }
    };
    const client = await last('/dex/token', 'POST');
    expect([client.headers.get('retry-after'), client.headers.get('cache-control')]).toEqual(['1', 'no-store']);
    expect(await client.json()).toMatchObject({ error: 'temporarily_unavailable' });
    const person = await last('/dex/auth', 'GET');
    expect([person.headers.get('retry-after'), person.headers.get('content-type')]).toEqual(['1', 'text/html']);
    expect(await person.text()).toContain('<h1>One moment</h1>');
  });

  test('Only so many requests of one address are in progress at a time', async () => {
    const gate = Promise.withResolvers<void>();
    await using stage = await startStage({ limits, proxiesBefore, echo: { before: () => gate.promise } });
    const ask = (from: string): Promise<Response> =>
      fetch(`${stage.url}/dex/keys`, { headers: { 'X-Forwarded-For': from } });
    const held = [ask('198.51.100.1'), ask('198.51.100.1')];
    await expect.poll(() => stage.services.keys.received.length).toBe(2);
    expect((await ask('198.51.100.1')).status).toBe(429);
    const other = ask('198.51.100.2');
    await expect.poll(() => stage.services.keys.received.length).toBe(3);
    gate.resolve();
    const statuses = (await Promise.all([...held, other])).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200]);
    expect((await ask('198.51.100.1')).status).toBe(200);
  });
});

test('By default a page load of a whole office at once passes, and no bound but for the health check is missing', async () => {
  await using stage = await startStage({ limits: defaultLimits });
  const responses = await Promise.all(
    Array.from({ length: 200 }, (_, each) =>
      fetch(`${stage.url}${each % 2 === 0 ? '/dex/auth' : '/dex/static/a.css'}`),
    ),
  );
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  expect(publicRoutes.filter(({ limitClass }) => limitClass === undefined).map(({ name }) => name)).toEqual(['health']);
});
