import { readFile } from 'node:fs/promises';
import { createTempDirectory } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { defaultLimits } from '../gateway-options.ts';
import { startStage } from '../testing/gateway-stage.ts';
import { rawRequest, requestText } from '../testing/raw-request.ts';

const CANARY = 'canary-of-a-code';

test('N96: neither log of the gateway holds a query, a body or a credential, whatever becomes of a request', async () => {
  await using folder = await createTempDirectory('gateway-log');
  const file = `${folder.path}/access.log`;
  await using stage = await startStage({
    accessLog: file,
    authority: '127.0.0.1',
    limits: { ...defaultLimits, pages: { ratePerSecond: 1, burst: 1 } },
    upstreams: { token: ['127.0.0.1:1'] },
    edit: (conf) => conf.replace(/worker_processes auto/, 'worker_processes 1'),
  });
  const query = `code=${CANARY}&state=${CANARY}`;
  const secret = [`Authorization: Bearer ${CANARY}`, `Cookie: session=${CANARY}`];
  const requests: readonly (readonly [line: string, headers: readonly string[]])[] = [
    [`GET /dex/callback?${query} HTTP/1.1`, ['Host: 127.0.0.1', ...secret]],
    [`GET /dex/callback?${query} HTTP/1.1`, ['Host: 127.0.0.1', ...secret]],
    // Too often, elsewhere, nowhere, without a service, malformed, too long, and in absolute form.
    [`GET /dex/callback?${query} HTTP/1.1`, ['Host: 127.0.0.1', ...secret]],
    [`GET /dex/callback?${query} HTTP/1.1`, ['Host: evil.example', ...secret]],
    [`GET /nowhere?${query} HTTP/1.1`, ['Host: 127.0.0.1', ...secret]],
    [`GET /dex/userinfo?${query} HTTP/1.1`, ['Host: 127.0.0.1', ...secret]],
    [`GET /dex/keys?${query} HTTP/1.1`, ['Host: 127.0.0.1', 'Host: 127.0.0.1', ...secret]],
    [`GET /dex/keys?${query}${'x'.repeat(40_000)} HTTP/1.1`, ['Host: 127.0.0.1', ...secret]],
    [`GET http://127.0.0.1/dex/keys?${query} HTTP/1.1`, ['Host: 127.0.0.1', ...secret]],
  ];
  const statuses: number[] = [];
  for (const [line, headers] of requests)
    statuses.push((await rawRequest(stage.port, requestText(line, headers))).status);
  expect(statuses).toEqual([200, 200, 429, 421, 404, 503, 400, 414, 200]);
  await stage.nginx.stop();
  const log = await readFile(file, 'utf8');
  expect(log.match(/"GET \/dex\/callback" \d+/g)).toHaveLength(4);
  expect(log).toMatch(/"GET \/dex\/userinfo" 503 .*"127\.0\.0\.1:1" "502"/);
  expect(log).toContain('"GET /dex/keys" 200');
  expect(log + stage.nginx.output()).not.toContain(CANARY);
});
