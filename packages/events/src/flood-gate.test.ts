import { createFakeClock } from '@tessera/clock';
import { expect, test } from 'vitest';
import { createFloodGate } from './flood-gate.ts';

/** How many of `count` are let through. */
function admitted(count: number, admit: (number: number) => boolean): number {
  return Array.from({ length: count }, (_, number) => admit(number)).filter(Boolean).length;
}

test('One key has fifty at once and ten a second', () => {
  const clock = createFakeClock();
  const gate = createFloodGate(clock);
  expect(admitted(1000, () => gate.admits('sign_in.failed', 'app'))).toBe(50);
  clock.advance(2);
  expect(admitted(1000, () => gate.admits('sign_in.failed', 'app'))).toBe(20);
  clock.advance(3600);
  expect(admitted(1000, () => gate.admits('sign_in.failed', 'app'))).toBe(50);
});

test('A flood at one client, or of what names none, does not hide what is tried at another', () => {
  const clock = createFakeClock();
  const gate = createFloodGate(clock);
  for (let second = 0; second < 60; second += 1) {
    admitted(10_000, () => gate.admits('client_authentication.failed', 'unknown_client'));
    expect(admitted(5, () => gate.admits('client_authentication.failed', 'billing'))).toBe(5);
    clock.advance(1);
  }
});

test('All keys of a type together have 250 at once and fifty a second; another type has its own', () => {
  const clock = createFakeClock();
  const gate = createFloodGate(clock);
  expect(admitted(20_000, (number) => gate.admits('sign_in.failed', `app-${number}`))).toBe(250);
  clock.advance(1);
  expect(admitted(20_000, (number) => gate.admits('sign_in.failed', `app-${number}`))).toBe(50);
  expect(gate.admits('consent.denied', 'app')).toBe(true);
});
