import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = readFileSync(`${ROOT}/docs/reference/errors.md`, 'utf8');

/** Places a code of an error stands in: the field of an error, or the first argument of the shorthands for two kinds. */
const CODE =
  /(?:code: |(?:unavailable|invalidInput)\(\s*|: |= )'((?:authorize|contracts|events|federation|internal|keys|rpc|storage|token)\.[a-z_]+)'/g;

/** Names that look like codes and are none. */
const OTHERS = new Set(['keys.sign', 'rpc.system', 'rpc.method']);

async function codesOfSource(): Promise<Set<string>> {
  const codes = new Set<string>();
  for await (const file of glob('{packages,services}/*/src/**/*.ts', { cwd: ROOT })) {
    if (/\.test\.ts$|\/testing\/|\/conformance\//.test(file)) continue;
    for (const [, code] of readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(CODE)) {
      if (code !== undefined && !OTHERS.has(code)) codes.add(code);
    }
  }
  return codes;
}

test('Every error code of the source is documented, and every documented one is in the source', async () => {
  const documented = [...DOCUMENT.matchAll(/^\| `([a-z]+\.[a-z_]+)`/gm)].map(([, code]) => String(code));
  expect(documented.toSorted()).toEqual([...(await codesOfSource())].toSorted());
});

test('Every OAuth error that an endpoint answers is documented', async () => {
  const answered = new Set<string>();
  const place =
    /(?:error: |ClientRefusal\(\s*|clientError\([^)]*?, |, )'((?:invalid|unsupported|access|login|temporarily|server|insufficient|request|registration)_[a-z_]+)'/g;
  for await (const file of glob('{packages/{errors,http},services/{authorize,token}}/src/**/*.ts', { cwd: ROOT })) {
    if (/\.test\.ts$|-metrics\.ts$|\/testing\//.test(file)) continue;
    for (const [, error] of readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(place))
      if (error !== undefined) answered.add(error);
  }
  const kinds = new Set(['invalid_argument']);
  const missing = [...answered].filter((error) => !kinds.has(error) && !DOCUMENT.includes(`\`${error}\``));
  expect(missing).toEqual([]);
  expect(answered.size).toBeGreaterThan(8);
});

/** Where texts are written that clients and people see; a text is a sentence in quotes. */
const SPEAKING_FILES = [
  'services/token/src/**/*.ts',
  'services/authorize/src/{authorization,consent,endpoints,logout}/**/*.ts',
  'packages/{errors,http}/src/**/*.ts',
  'packages/client-keys/src/request-object.ts',
  'packages/oauth/src/create-resource-model.ts',
];

test('Every text that clients and people are told is documented', async () => {
  const texts = new Map<string, string>();
  for await (const file of glob(SPEAKING_FILES, { cwd: ROOT })) {
    if (/\.test\.ts$|-metrics\.ts$|\/testing\//.test(file)) continue;
    const source = readFileSync(`${ROOT}/${file}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    for (const [, quoted, template] of source.matchAll(/(?<!\w)(?:'([A-Z][^'\n]*\.)'|`([A-Z][^`\n]*\.)`)/g))
      texts.set(quoted ?? String(template).replaceAll(/\$\{[^}]*\}/g, '…'), file);
  }
  const missing = [...texts].filter(([text]) => !DOCUMENT.includes(text));
  expect(missing).toEqual([]);
  expect(texts.size).toBeGreaterThan(80);
});
