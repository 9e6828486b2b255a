import { expect, test } from 'vitest';
import { renderReport, type ScenarioRun, totalMs } from './report.ts';

const run: ScenarioRun = {
  algorithm: 'ES256',
  result: { operations: 1000, durationMs: 2000, p50Ms: 1, p95Ms: 2, p99Ms: 3, errors: 0, samples: [] },
  tiers: [
    { tier: 'token', cpuMsPerOperation: 0.25 },
    { tier: 'postgres', cpuMsPerOperation: 0.25 },
  ],
  generatorMsPerOperation: 0.1,
  signaturesMs: 0.05,
  barMs: 0.6,
};
const head = { title: 'A title', command: 'npm run bench -- refresh', machine: ['2 cores'], method: ['one caller'] };

test('The total is that of all tiers, without the load generator', () => {
  expect(totalMs(run)).toBe(0.5);
});

test('A report says throughput, each tier, the total against its bar, and the share of the signatures', () => {
  const lines = renderReport(head, [run]).split('\n');
  const cells = (name: string): string[] | undefined =>
    lines
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .find(([, first]) => first === name)
      ?.slice(2, -1);
  expect(cells('operations/s')).toEqual(['500']);
  expect(cells('token')).toEqual(['0.250']);
  expect(cells('**all tiers**')).toEqual(['**0.500**']);
  expect(cells('bar')).toEqual(['≤ 0.6 (met)']);
  expect(cells('of it OpenSSL’s two signatures')).toEqual(['0.050 (10 %)']);
  expect(renderReport(head, [{ ...run, barMs: 0.4 }])).toContain('≤ 0.4 (missed)');
});
