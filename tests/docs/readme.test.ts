import { globSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { cwd: fileURLToPath(ROOT) }),
];

const read = (page: string): Promise<string> => readFile(new URL(page, ROOT), 'utf8');

test('Every npm script that a page names is in package.json', async () => {
  const { scripts } = JSON.parse(await read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  for (const page of PAGES) {
    for (const [, name = ''] of (await read(page)).matchAll(/\bnpm (?:run )?((?<=npm run )[\w:-]+|start|test)\b/g)) {
      expect(Object.keys(scripts), `${page}: npm run ${name}`).toContain(name);
    }
  }
});

test('Every link of a page leads to a file, and every anchor to a heading', async () => {
  for (const page of PAGES) {
    const links = [...withoutCode(await read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    for (const link of links.filter((target) => !/^https?:/.test(target))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? new URL(page, ROOT) : new URL(path, new URL(page, ROOT));
      await expect(access(target), `${page} links to ${link}`).resolves.toBeUndefined();
      if (anchor !== undefined)
        expect(anchorsOf(await readFile(target, 'utf8')), `${page} links to ${link}`).toContain(anchor);
    }
  }
});

test('Every file that a page names in code is there', async () => {
  for (const page of PAGES) {
    const named = [
      ...(await read(page)).matchAll(/`((?:deploy|examples|docs|packages|services|scripts)\/[\w./-]+\.\w+)`/g),
    ];
    // Made at run time.
    for (const [, file = ''] of named.filter(([, name]) => !name?.startsWith('examples/dex.db'))) {
      await expect(access(new URL(file, ROOT)), `${page} names ${file}`).resolves.toBeUndefined();
    }
  }
});

/** What stands in code is no link. */
function withoutCode(markdown: string): string {
  return markdown.replace(/```[\s\S]*?```|(?<!\[)`[^`\n]*`/g, '');
}

function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
