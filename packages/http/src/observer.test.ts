import { expect, test } from 'vitest';
import { type AnswerObserver, jsonResponse } from './index.ts';
import { openRaw, requestText, startBench } from './testing/http-bench.ts';

test('Each answer is told of by the name of its route, never by its path', async () => {
  const answers: Parameters<AnswerObserver>[0][] = [];
  const failing = () => Promise.reject(new Error('no'));
  const handlers = { jwks: async () => jsonResponse(200, {}), home: failing };
  await using server = await startBench({ handlers, onAnswer: (answer) => void answers.push(answer) });
  using connection = openRaw(server.port);
  for (const [method, target] of [
    ['GET', '/keys?secret=1'],
    ['GET', '/'],
    ['POST', '/keys'],
    ['GET', '/secret'],
  ] as const) {
    connection.write(requestText(method, target));
    await connection.next();
  }
  expect(answers.map(({ route, method, status }) => [route, method, status])).toEqual([
    ['jwks', 'GET', 200],
    ['home', 'GET', 500],
    ['jwks', 'POST', 405],
    ['unknown', 'GET', 404],
  ]);
  for (const { durationMs } of answers) expect(durationMs).toBeGreaterThan(0);
});
