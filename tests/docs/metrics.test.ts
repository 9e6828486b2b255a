import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createMetrics } from '@tessera/telemetry';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = readFileSync(`${ROOT}/docs/reference/metrics.md`, 'utf8');

/** Where a metric is made: kind and name. */
const METRIC = /\b[mM]etrics\s*\.(counter|histogram|gauge)(?:<[^>]*>)?\(\s*'(tessera_[a-z_]+)'/g;
const ROW = /^\| `(tessera_[a-z_]+)` +\| ([a-z]+) /gm;

async function metricsOfSource(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const file of glob('{packages,services}/*/src/**/*.ts', { cwd: ROOT })) {
    if (/\.test\.ts$|\/testing\//.test(file)) continue;
    for (const [, kind, name] of readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(METRIC)) {
      found.set(String(name), String(kind));
    }
  }
  return found;
}

test('Every metric of the source is documented with its kind, and every documented one is in the source', async () => {
  const documented = [...DOCUMENT.matchAll(ROW)].map(([, name, kind]) => [name, kind]);
  const inSource = [...(await metricsOfSource())];
  expect(documented).toEqual(inSource.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  expect(inSource.length).toBeGreaterThan(4);
});

test('What is said that each process tells of itself is what it tells', async () => {
  const { body } = await createMetrics().exposition();
  for (const [name] of DOCUMENT.matchAll(/\b(?:process|nodejs)_[a-z0-9_]+\b/g)) {
    expect(body).toMatch(new RegExp(`^# TYPE ${name} `, 'm'));
  }
});
