import { Agent, request } from 'node:http';
import { freePort, startNginx, waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { type HttpHandler, jsonResponse } from './index.ts';
import { startBench } from './testing/http-bench.ts';

const answer: HttpHandler = async (incoming) => {
  if (incoming.method === 'POST') await incoming.form();
  await new Promise((resolve) => setTimeout(resolve, 3));
  return jsonResponse(200, {});
};

function send(port: number, agent: Agent, method: 'GET' | 'POST'): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {};
    const path = method === 'POST' ? '/token' : '/keys';
    const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(method === 'POST' ? 'a=b' : '');
  });
}

test('RFC 9112 §9.6: behind nginx with kept connections no request is lost while one of two replicas drains and comes back, POST or not', async () => {
  const handlers = { jwks: answer, token: answer };
  const first = await startBench({ handlers });
  await using second = await startBench({ handlers });
  const port = await freePort();
  const conf = `events {} http { upstream replicas { server 127.0.0.1:${first.port} fail_timeout=1s; server 127.0.0.1:${second.port} fail_timeout=1s; keepalive 16; }
    server { listen 127.0.0.1:${port}; location / { proxy_pass http://replicas; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`;
  await using nginx = await startNginx({ conf, port });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const answers: (number | string)[] = [];
  let isOver = false;
  const work = async (_: unknown, index: number): Promise<void> => {
    while (!isOver) {
      answers.push(await send(nginx.port, agent, index % 2 === 0 ? 'GET' : 'POST').catch(String));
    }
  };
  const workers = Array.from({ length: 12 }, work);
  const served = (more: number) => {
    const before = answers.length;
    return waitFor(() => answers.length > before + more, { what: 'requests to be served' });
  };
  await served(200);
  for (let round = 0; round < 3; round += 1) {
    const drained = await (round === 0 ? first : startBench({ handlers, listen: `127.0.0.1:${first.port}` }));
    await served(200);
    await drained.close(5_000);
    await served(200);
  }
  isOver = true;
  await Promise.all(workers);
  agent.destroy();
  expect(answers.filter((one) => one !== 200)).toEqual([]);
}, 30_000);

test('RFC 9112 §9.6: a connection that is kept is given up at its age with an answer that says so, and no request is lost', async () => {
  await using bench = await startBench({ handlers: { jwks: answer, token: answer }, maxConnectionAgeMs: 100 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const connections = new Set<unknown>();
  agent.on('free', (socket) => connections.add(socket));
  const answers: number[] = [];
  await waitFor(
    async () => {
      answers.push(await send(bench.port, agent, answers.length % 2 === 0 ? 'GET' : 'POST'));
      return connections.size >= 3;
    },
    { what: 'a third connection', intervalMs: 1 },
  );
  agent.destroy();
  expect(answers.filter((one) => one !== 200)).toEqual([]);
  expect(answers.length).toBeGreaterThan(connections.size * 2);
});

test('a connection is kept for about a minute where nothing else is said', async () => {
  await using bench = await startBench({ handlers: { jwks: answer } });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const connections = new Set<unknown>();
  agent.on('free', (socket) => connections.add(socket));
  for (let count = 0; count < 100; count += 1) await send(bench.port, agent, 'GET');
  agent.destroy();
  expect(connections.size).toBe(1);
});
