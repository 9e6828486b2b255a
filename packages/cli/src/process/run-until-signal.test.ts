import { silentLogger } from '@tessera/telemetry';
import { waitFor } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { createFakeTerminal } from '../testing/fake-terminal.ts';
import { runUntilSignal } from './run-until-signal.ts';

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
    start: async () => ({ close }),
    started: () => {
      hasStarted = true;
    },
  });
  await waitFor(() => hasStarted, { what: 'the start' });
  terminal.signal('SIGTERM');
  await waitFor(() => graces.length === 1, { what: 'draining' });
  expect([terminal.exits, graces]).toEqual([[], [10_000]]);
  terminal.signal('SIGTERM');
  expect(terminal.exits).toEqual([1]);
  drained.resolve();
  expect(await ended).toBe(0);
});

test('A signal before anything has started ends the process at once with exit code 0', async () => {
  const terminal = createFakeTerminal();
  const starting = Promise.withResolvers<{ close(): Promise<void> }>();
  const ended = runUntilSignal({ terminal, logger: silentLogger, start: () => starting.promise, started: () => {} });
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
    start: async () => ({ close }),
    started: async () => {
      throw new Error('wrong key');
    },
  });
  await expect(ended).rejects.toThrow('wrong key');
  expect([closed, terminal.listeners]).toEqual([[0], 0]);
});
