import { readFile } from 'node:fs/promises';
import { federationBinding, keysBinding, storageBindings, tokenBinding } from '@tessera/contracts';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/** A test, or a suite that the test of every backend runs. */
const TEST = /\.test\.ts$|\/conformance\/(?:durable|ephemeral)-[a-z-]+\.ts$/;

interface Row {
  readonly line: string;
  /** Addresses of the links, relative to `docs/`. */
  readonly links: readonly string[];
  /** The title of the test that is named, or a part of it. */
  readonly title: string;
}

function parseRows(markdown: string): readonly Row[] {
  return markdown.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const links = [...line.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    return line.startsWith('| ') && links.length > 0 ? [{ line, links, title: cells.at(-2) ?? '' }] : [];
  });
}

const read = (link: string): Promise<string> => readFile(new URL(`docs/${link}`, ROOT), 'utf8');

test('Every file that the specifications name is there, and every test they name has that title', async () => {
  const rows = parseRows(await read('specs.md'));
  expect(rows.length).toBeGreaterThan(150);
  for (const { line, links, title } of rows) {
    const texts = await Promise.all(
      links.map((link) =>
        read(link).catch(() => {
          throw new Error(`docs/specs.md names ${link}, which is not there: ${line}`);
        }),
      ),
    );
    expect(title.length, line).toBeGreaterThan(5);
    expect(links.at(-1), line).toMatch(TEST);
    expect(texts.at(-1)?.includes(title), `no test with this title: ${line}`).toBe(true);
  }
});

test('The table of callers in the architecture is that of the bindings', async () => {
  const unused = {} as never;
  const bindings = [...storageBindings(unused), keysBinding(unused), federationBinding(unused), tokenBinding(unused)];
  const actual = bindings.flatMap(({ definition, allowedCallers, methodCallers }) =>
    Object.entries(definition).map(([name, { path }]): [string, readonly string[]] => {
      const narrowed = methodCallers?.[name] ?? allowedCallers;
      return [path.replace(/^.*\./, ''), allowedCallers.filter((caller) => narrowed.includes(caller)).toSorted()];
    }),
  );
  const rows = [...(await read('architecture.md')).matchAll(/^\| `(\w+Service)` +\| ([^|]+) \| ([^|]+) \|$/gm)];
  const told = rows.flatMap(([, service = '', methods = '', callers = '']) =>
    namesIn(methods).map((method): [string, readonly string[]] => [
      `${service}/${method}`,
      namesIn(callers).toSorted(),
    ]),
  );
  expect(new Map(told)).toEqual(new Map(actual));
});

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}
