import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createCpuClock, parseStat, treeTicks } from './cpu.ts';

test('A command name with blanks and parentheses does not shift the fields', () => {
  const stat = '42 (a ) 7 (b) S 7 42 42 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 5000 0 0';
  expect(parseStat(stat)).toEqual({ pid: 42, parentPid: 7, ticks: 110 });
  expect(parseStat('')).toBeUndefined();
});

test('A tree is the process with its children and theirs, and nobody else', () => {
  const table = [
    { pid: 9, parentPid: 5, ticks: 1 },
    { pid: 5, parentPid: 2, ticks: 10 },
    { pid: 2, parentPid: 1, ticks: 100 },
    { pid: 3, parentPid: 1, ticks: 1000 },
  ];
  expect(treeTicks(table, [2])).toBe(111);
  expect(treeTicks(table, [2, 5])).toBe(111);
});

test('The time of a child that has ended between two readings is kept by its parent', async () => {
  const clock = createCpuClock();
  const parent = spawn('bash', ['-c', 'bash -c "for ((i = 0; i < 200000; i++)); do :; done"; echo done; read -r _'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const pid = parent.pid ?? 0;
  const before = clock.usedMs([pid]);
  await once(parent.stdout, 'data');
  expect(clock.usedMs([pid]) - before).toBeGreaterThan(50);
  parent.stdin.end();
  await once(parent, 'exit');
  expect(clock.usedMs([pid])).toBe(0);
});
