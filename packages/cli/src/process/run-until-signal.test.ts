import { silentLogger } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createFakeTerminal } from '../testing/fake-terminal.ts';
import { runUntilSignal } from './run-until-signal.ts';

const shutdown = { graceSeconds: 7, delaySeconds: 0 };

test('The first signal drains, and a second one ends the process at once with exit code 1', async () => {
  const terminal = createFakeTerminal();
  const drained = Promise.withResolvers<void>();
  const graces: number[] = [];
  const close = (graceMs: number): Promise<void> => {
    graces.push(graceMs);
    return drained.promise;
  };
  let hasStarted = false;
  const ended = runUntilSignal({
    terminal,
    logger: silentLogger,
    shutdown,
    start: async () => ({ close }),
    started: () => {
      hasStarted = true;
    },
  });
  await waitFor(() => hasStarted, { what: 'the start' });
  terminal.signal('SIGTERM');
  await waitFor(() => graces.length === 1, { what: 'draining' });
  expect([terminal.exits, graces]).toEqual([[], [7000]]);
  terminal.signal('SIGTERM');
  expect(terminal.exits).toEqual([1]);
  drained.resolve();
  expect(await ended).toBe(0);
});

test('A signal before anything has started ends the process at once with exit code 0', async () => {
  const terminal = createFakeTerminal();
  const starting = Promise.withResolvers<{ close(): Promise<void> }>();
  const start = () => starting.promise;
  const ended = runUntilSignal({ terminal, logger: silentLogger, shutdown, start, started: () => {} });
  terminal.signal('SIGINT');
  expect(terminal.exits).toEqual([0]);
  starting.resolve({ close: async () => {} });
  expect(await ended).toBe(0);
});

test('What fails after the start is closed before the failure is told', async () => {
  const terminal = createFakeTerminal();
  const closed: number[] = [];
  const close = async (graceMs: number): Promise<void> => void closed.push(graceMs);
  const ended = runUntilSignal({
    terminal,
    logger: silentLogger,
    shutdown,
    start: async () => ({ close }),
    started: async () => {
      throw new Error('wrong key');
    },
  });
  await expect(ended).rejects.toThrow('wrong key');
  expect([closed, terminal.listeners]).toEqual([[0], 0]);
});

test('With a delay, the process reports that it is not ready, goes on for so long, and only then takes nothing new', async () => {
  const terminal = createFakeTerminal();
  const steps: string[] = [];
  const ended = runUntilSignal({
    terminal,
    logger: silentLogger,
    shutdown: { graceSeconds: 7, delaySeconds: 0.2 },
    start: async () => ({ leave: () => void steps.push('left'), close: async () => void steps.push('closed') }),
    started: () => void steps.push('started'),
  });
  await waitFor(() => steps.length === 1, { what: 'the start' });
  const startedMs = performance.now();
  terminal.signal('SIGTERM');
  await waitFor(() => steps.includes('left'), { what: 'it to leave' });
  expect(steps).toEqual(['started', 'left']);
  expect(await ended).toBe(0);
  expect(steps).toEqual(['started', 'left', 'closed']);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(195);
});
