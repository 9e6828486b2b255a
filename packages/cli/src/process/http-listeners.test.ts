import type { TesseraConfig } from '@tessera/config';
import { createMetrics, noMetrics, silentLogger } from '@tessera/telemetry';
import { expect, test } from 'vitest';
import { openHealth } from './http-listeners.ts';
import type { ProcessState } from './process-state.ts';

test('The listener for operators answers health and metrics, and nothing else', async () => {
  const metrics = createMetrics();
  metrics.counter('tessera_things_total', 'Things.').add({}, 3);
  const state: ProcessState = { phase: 'starting', composition: undefined };
  const config = {} as TesseraConfig;
  const context = { config, fileName: 'tessera.yaml', logger: silentLogger, metrics, state };
  const listener = await openHealth('127.0.0.1:0', context);
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${listener.port}${path}`, { method });
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  try {
    const answer = await get('/metrics');
    expect(answer).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(answer.body.split('\n')).toContain('tessera_things_total 3');
    expect((await get('/metrics', 'HEAD')).body).toBe('');
    expect((await get('/healthz/live')).status).toBe(200);
    expect((await get('/healthz/ready')).status).toBe(503);
    state.phase = 'serving';
    expect((await get('/healthz/ready')).status).toBe(200);
    expect((await get('/metrics/more')).status).toBe(404);
  } finally {
    await listener.close(0);
  }
});

test('Metrics that cannot be read cost an answer and a line in the log, and not the process', async () => {
  const failures: string[] = [];
  const logger = { ...silentLogger, error: (_: unknown, message: string) => void failures.push(message) };
  const metrics = { ...noMetrics, exposition: () => Promise.reject(new Error('broken')) };
  const state: ProcessState = { phase: 'serving', composition: undefined };
  const context = { config: {} as TesseraConfig, fileName: 'tessera.yaml', logger, metrics, state };
  const listener = await openHealth('127.0.0.1:0', context);
  try {
    const address = `http://127.0.0.1:${listener.port}`;
    expect((await fetch(`${address}/metrics`)).status).toBe(500);
    expect((await fetch(`${address}/healthz/ready`)).status).toBe(200);
    expect(failures).toEqual(['the metrics could not be read']);
  } finally {
    await listener.close(0);
  }
});
