import { routePaths } from '@tessera/http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { publicRoutes } from './public-routes.ts';
import { type EchoService, startEcho } from './testing/echo-service.ts';
import { type GatewayStage, startStage } from './testing/gateway-stage.ts';
import { nearMisses } from './testing/near-misses.ts';
import { rawRequest, requestText } from './testing/raw-request.ts';

// What one process answers, the gateway and the services behind it answer too.

let stage: GatewayStage;
let oneProcess: EchoService;

beforeAll(async () => {
  [stage, oneProcess] = await Promise.all([startStage(), startEcho({ basePath: '/dex' })]);
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await oneProcess[Symbol.asyncDispose]();
});

const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** What stands for an answer: its status, who gave it, and what it says of methods. */
async function ask(port: number, method: string, path: string) {
  const length = method === 'POST' ? ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0'] : [];
  const answer = await rawRequest(port, requestText(`${method} ${path} HTTP/1.1`, ['Host: x', ...length]));
  const said = answer.body.startsWith('{"service"') ? (JSON.parse(answer.body) as { route: string }).route : undefined;
  return { status: answer.status, route: said, allow: answer.headers.get('allow') };
}

test('Every path of the table with every method gets from the gateway what one process answers', async () => {
  const paths = publicRoutes
    .flatMap(({ spec }) => routePaths('/dex', spec))
    .map((path) => path.replace(/:\w+/, 'ldap'));
  for (const path of paths) {
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
      const [behind, alone] = await Promise.all([ask(stage.port, method, path), ask(oneProcess.port, method, path)]);
      expect([method, path, behind]).toEqual([method, path, alone]);
    }
  }
});

test('N92: a path that only resembles one of ours gets what one process answers: nothing', async () => {
  const compare = async (path: string): Promise<void> => {
    const [behind, alone] = await Promise.all([ask(stage.port, 'GET', path), ask(oneProcess.port, 'GET', path)]);
    // nginx refuses some malformed paths before they are looked up, and takes no segment of dots for a name.
    if (behind.status === 400 || (dotSegment.test(path) && behind.status === 404)) return;
    expect([path, behind]).toEqual([path, alone]);
  };
  await Promise.all(nearMisses('/dex').map(compare));
});

test('A method that is none of the web’s is refused before it reaches a service', async () => {
  for (const method of ['BREW', 'TRACE', 'PROPFIND', 'GETX']) {
    const answer = await rawRequest(stage.port, requestText(`${method} /dex/token HTTP/1.1`, ['Host: x']));
    expect([method, answer.status]).toEqual([method, 405]);
    if (method !== 'TRACE') expect(answer.headers.get('allow')).toBe('POST, OPTIONS');
  }
  const connect = await rawRequest(stage.port, requestText('CONNECT 127.0.0.1:22 HTTP/1.1', ['Host: x']));
  expect([400, 405]).toContain(connect.status);
});
