import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { eventReference, eventTypes } from '@tessera/events';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = readFileSync(`${ROOT}/docs/reference/events.md`, 'utf8');

/** What looks like a type of event: in code, and in statements that write events themselves. */
const TYPE =
  /'((?:sign_in|session|consent|code|refresh_token|grant|client_authentication|key|client|connector|user|credential|initial_access_token)\.[a-z_]+)'/g;

test('The reference of the events is made from the schemas as they are', () => {
  expect(DOCUMENT.endsWith(eventReference())).toBe(true);
});

test('Every type of event that the source names is one of the vocabulary', async () => {
  const named = new Set<string>();
  for await (const file of glob('services/*/src/**/*.{ts,sql}', { cwd: ROOT })) {
    if (/\.test\.ts$|\/testing\//.test(file)) continue;
    for (const [, type] of readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(TYPE)) named.add(String(type));
  }
  const known: ReadonlySet<string> = new Set(eventTypes);
  expect([...named].filter((type) => !known.has(type))).toEqual([]);
  expect(named.size).toBeGreaterThan(5);
});
