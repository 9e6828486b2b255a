import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { createFakeTerminal } from '../testing/fake-terminal.ts';
import { startProgress } from './progress.ts';
import { createTally } from './tally.ts';

test('progress is told once a second, until it is stopped', () => {
  const clock = createFakeClock(new Date('2026-01-01T00:00:00Z'));
  const terminal = createFakeTerminal();
  const tally = createTally();
  const stop = startProgress(terminal, clock, () => tally.progress());
  clock.advance(1);
  tally.count('clients', 3);
  tally.count('grants', 12_500);
  clock.advance(1);
  stop();
  clock.advance(5);
  expect(terminal.stderr).toBe('nothing yet\nclients 3, grants 12,500\n');
});
