import { request as httpRequest, type RequestOptions } from 'node:http';
import { createServer } from 'node:net';
import { waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayOptions } from '../gateway-options.ts';
import { untrustedHeaders } from '../public-routes.ts';
import { type Echo, type EchoService, startEcho } from '../testing/echo-service.ts';
import { type GatewayStage, startStage } from '../testing/gateway-stage.ts';
import { rawRequest, requestText } from '../testing/raw-request.ts';

/** Asks for the keys from an address of this machine, and returns what the service was told. */
function ask(port: number, options: RequestOptions): Promise<Echo> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port, host: '127.0.0.1', path: '/dex/keys', agent: false, ...options },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.once('end', () => resolve(JSON.parse(body) as Echo));
      },
    );
    request.once('error', reject);
    request.end();
  });
}

const lies: readonly string[] = [
  '203.0.113.9',
  '127.0.0.1',
  '10.0.0.1, 127.0.0.1',
  '203.0.113.9, 198.51.100.1',
  '::1',
  '2001:db8::9',
  '::ffff:203.0.113.9',
  'a',
  '',
  ',',
  '203.0.113.9,',
  'unknown',
  '_hidden',
  '203.0.113.9:4711',
  '[2001:db8::9]:4711',
  '203.0.113.9;evil',
  '203.0.113.999',
  '0x7f.1',
  'fe80::1%eth0',
  '127.0.0.1, '.repeat(500),
];

describe('Clients before the gateway', () => {
  let stage: GatewayStage;

  beforeAll(async () => {
    stage = await startStage();
  });

  afterAll(() => stage[Symbol.asyncDispose]());

  test('N61: whatever a client says of its address, the service is told where it came from', async () => {
    for (const lie of lies) {
      const echo = await ask(stage.port, { localAddress: '127.0.0.9', headers: { 'X-Forwarded-For': lie } });
      expect([lie, echo.remoteAddress, echo.headers['x-forwarded-for']]).toEqual([lie, '127.0.0.9', '127.0.0.9']);
    }
    const twice = { 'X-Forwarded-For': ['203.0.113.9', '203.0.113.8'] };
    expect((await ask(stage.port, { localAddress: '127.0.0.9', headers: twice })).remoteAddress).toBe('127.0.0.9');
  });

  test('N60: no header by which a client could speak for a proxy reaches a service', async () => {
    const invented = Object.fromEntries(untrustedHeaders.map((name) => [name, 'evil.example']));
    const headers = { ...invented, 'X-Forwarded-Proto': 'https', 'X-Request-Id': 'mine' };
    const echo = await ask(stage.port, { headers });
    for (const name of untrustedHeaders) {
      expect([name, echo.headers[name.toLowerCase()]]).toEqual([name, undefined]);
    }
    expect(echo.headers['x-forwarded-proto']).toBe('http');
    expect(echo.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('Clients before a service itself', () => {
  let service: EchoService;

  beforeAll(async () => {
    service = await startEcho({ basePath: '/dex', trustedProxies: ['127.0.0.1/32', '10.0.0.0/8', '2001:db8:1::/48'] });
  });

  afterAll(() => service[Symbol.asyncDispose]());

  test('N61: who is no trusted proxy is not heard', async () => {
    for (const lie of lies) {
      const echo = await ask(service.port, { localAddress: '127.0.0.9', headers: { 'X-Forwarded-For': lie } });
      expect([lie, echo.remoteAddress]).toEqual([lie, '127.0.0.9']);
    }
  });

  test('N61: of several hops the first from the right that is not trusted counts, and garbage makes it the proxy', async () => {
    const chains: readonly (readonly [string, string])[] = [
      ['198.51.100.1', '198.51.100.1'],
      ['203.0.113.9, 198.51.100.1', '198.51.100.1'],
      ['203.0.113.9, 198.51.100.1, 10.1.2.3', '198.51.100.1'],
      ['203.0.113.9,198.51.100.1 ,\t10.1.2.3 , 10.0.0.1', '198.51.100.1'],
      ['203.0.113.9, 2001:db8:2::1, 2001:db8:1::7', '2001:db8:2::1'],
      ['::ffff:198.51.100.1', '198.51.100.1'],
      ['10.0.0.1, 10.0.0.2', '127.0.0.1'],
      ['198.51.100.1, a', '127.0.0.1'],
      ['198.51.100.1, ', '127.0.0.1'],
      ['a, 198.51.100.1', '198.51.100.1'],
      ['198.51.100.1:80', '127.0.0.1'],
    ];
    for (const [chain, address] of chains) {
      const echo = await ask(service.port, { headers: { 'X-Forwarded-For': chain } });
      expect([chain, echo.remoteAddress]).toEqual([chain, address]);
    }
  });
});

describe('Load balancers before the gateway', () => {
  const balancer = '127.0.0.9';
  const trusted = ['127.0.0.9', '10.0.0.0/8', '2001:db8:1::/48'];
  const over = (by: NonNullable<GatewayOptions['proxiesBefore']>['by']) =>
    startStage({ proxiesBefore: { networks: trusted, by } });

  test('N61: their word counts, from the right, and nobody else’s', async () => {
    await using stage = await over('X-Forwarded-For');
    const chains: readonly (readonly [from: string, chain: string, address: string])[] = [
      [balancer, '198.51.100.1', '198.51.100.1'],
      [balancer, '203.0.113.9, 198.51.100.1', '198.51.100.1'],
      [balancer, '203.0.113.9, 198.51.100.1, 10.1.2.3', '198.51.100.1'],
      [balancer, '203.0.113.9, 2001:db8:2::1, 2001:db8:1::7', '2001:db8:2::1'],
      [balancer, '198.51.100.1, a', balancer],
      [balancer, 'a', balancer],
      [balancer, '', balancer],
      ['127.0.0.10', '198.51.100.1', '127.0.0.10'],
    ];
    for (const [from, chain, address] of chains) {
      const echo = await ask(stage.port, { localAddress: from, headers: { 'X-Forwarded-For': chain } });
      expect([chain, echo.remoteAddress, echo.headers['x-forwarded-for']]).toEqual([chain, address, address]);
    }
  });

  test('The PROXY protocol tells the address of TCP balancers, and its absence is refused', async () => {
    await using stage = await startStage({ proxiesBefore: { networks: ['127.0.0.1'], by: 'proxy_protocol' } });
    const text = requestText('GET /dex/keys HTTP/1.1', ['Host: x', 'X-Forwarded-For: 203.0.113.9']);
    for (const [line, address] of [
      ['PROXY TCP4 198.51.100.1 127.0.0.1 4711 443', '198.51.100.1'],
      ['PROXY TCP6 2001:db8::7 ::1 4711 443', '2001:db8::7'],
      ['PROXY UNKNOWN', '127.0.0.1'],
    ] as const) {
      const answer = await rawRequest(stage.port, `${line}\r\n${text}`);
      expect([line, (JSON.parse(answer.body) as Echo).remoteAddress]).toEqual([line, address]);
    }
    expect((await rawRequest(stage.port, text)).status).toBe(0);
    expect((await rawRequest(stage.port, `PROXY TCP4 a b c d\r\n${text}`)).status).toBe(0);
  });
});

/** A service that takes requests and answers none. */
async function startDeaf() {
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      requests += 1;
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    requests: () => requests,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

describe('Replicas that go', () => {
  test('A POST that a replica may have got is never given to another, while a GET is', async () => {
    await using deaf = await startDeaf();
    await using able = await startEcho({ service: 'token', basePath: '/dex' });
    await using stage = await startStage({ upstreams: { token: [deaf.address, `127.0.0.1:${able.port}`] } });
    const statuses: number[] = [];
    for (let each = 0; each < 20; each += 1) {
      const response = await fetch(`${stage.url}/dex/token`, {
        method: 'POST',
        body: new URLSearchParams({ code: `${each}` }),
      });
      statuses.push(response.status);
    }
    expect(deaf.requests() + able.received.length).toBe(20);
    expect(statuses.filter((status) => status === 503)).toHaveLength(deaf.requests());
    // It is asked again and again: none is set aside.
    expect(deaf.requests()).toBeGreaterThan(5);
    for (let each = 0; each < 10; each += 1) expect((await fetch(`${stage.url}/dex/userinfo`)).status).toBe(200);
  });

  test('A replica that is not there is passed over, by a POST as well', async () => {
    await using able = await startEcho({ service: 'token', basePath: '/dex' });
    await using stage = await startStage({ upstreams: { token: ['127.0.0.1:1', `127.0.0.1:${able.port}`] } });
    for (let each = 0; each < 20; each += 1) {
      const response = await fetch(`${stage.url}/dex/token`, {
        method: 'POST',
        body: new URLSearchParams({ code: 'x' }),
      });
      expect(response.status).toBe(200);
    }
  });

  test('While replicas are stopped and started one after the other, no request is lost', async () => {
    const replicas = [
      await startEcho({ service: 'token', basePath: '/dex', name: 'first' }),
      await startEcho({ service: 'token', basePath: '/dex', name: 'second' }),
    ];
    await using stack = new AsyncDisposableStack();
    for (const replica of replicas) stack.use(replica);
    const upstreams = { token: replicas.map(({ port }) => `127.0.0.1:${port}`) };
    await using stage = await startStage({ upstreams });
    const statuses: number[] = [];
    let isOver = false;
    const client = async (): Promise<void> => {
      while (!isOver) {
        const response = await fetch(`${stage.url}/dex/token`, {
          method: 'POST',
          body: new URLSearchParams({ code: 'x' }),
        });
        await response.text();
        statuses.push(response.status);
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    const answered = (replica: EchoService | undefined, count: number) =>
      waitFor(() => (replica?.received.length ?? 0) >= count, { what: `${count} requests`, timeoutMs: 8_000 });
    try {
      await answered(replicas[0], 30);
      await replicas[0]?.close(5_000);
      await answered(replicas[1], (replicas[1]?.received.length ?? 0) + 30);
    } finally {
      isOver = true;
      await clients;
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

test('Told to end by SIGQUIT, as its image does, nginx finishes what it has begun', async () => {
  const gate = Promise.withResolvers<void>();
  await using stage = await startStage({ echo: { before: () => gate.promise } });
  const held = fetch(`${stage.url}/dex/token`, { method: 'POST', body: new URLSearchParams({ code: 'x' }) });
  await waitFor(() => stage.services.token.received.length === 1, { what: 'the request' });
  const stopped = stage.nginx.stop('SIGQUIT');
  await waitFor(async () => (await fetch(stage.url).catch(() => undefined)) === undefined, {
    what: 'the end of listening',
  });
  gate.resolve();
  const response = await held;
  expect([response.status, ((await response.json()) as Echo).form]).toEqual([200, 'code=x']);
  await stopped;
});
