import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Numbers of threats, both ends included, that have to stand in the title of a test that shows what is done about them. */
const REQUIRED: readonly (readonly [first: number, last: number])[] = [
  [1, 44],
  [53, 81],
];

/**
 * A number in the text of a test file where a title has one: in quotes, at the beginning, behind another number, or in
 * parentheses. Comments and names do not count.
 */
const IN_TITLE = /(?:['"`(]|[,;] )N(\d{1,2})(?=[,:;) ])/g;

/** Test files, and the suites that every store has to pass. */
const TESTS = [
  '{packages,services}/*/src/**/*.test.ts',
  'services/storage/src/conformance/*.ts',
  'tests/{chaos,conformance,docs,e2e,integration,linearizability}/**/*.test.ts',
];

async function numbersInTitles(): Promise<Set<number>> {
  const numbers = new Set<number>();
  for await (const file of glob(TESTS, { cwd: ROOT })) {
    if (file === 'tests/docs/threats.test.ts') continue;
    const source = readFileSync(`${ROOT}/${file}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    for (const [, number] of source.matchAll(IN_TITLE)) numbers.add(Number(number));
  }
  return numbers;
}

test('Every threat has a test with its number in the title', async () => {
  const required = REQUIRED.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
  const found = await numbersInTitles();
  expect(required.filter((number) => !found.has(number)).map((number) => `N${number}`)).toEqual([]);
});
