import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assertClaimMappings } from '@tessera/claim-mapping';
import { loadConfig, type TesseraConfig } from '@tessera/config';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What every configuration needs; a block that has one of these keys itself replaces it. */
const SURROUNDINGS: Readonly<Record<string, string>> = {
  issuer: 'issuer: https://id.example.com\n',
  storage: 'storage: {type: memory}\n',
  web: 'web: {http: "127.0.0.1:5556"}\n',
  connectors:
    'connectors: [{type: oidc, id: corp, name: Corp, config: {issuer: "https://corp.example.com", clientID: t, clientSecret: s}}]\n',
};

const SECRET = 'a secret of a test that is long enough for every algorithm there is';

interface Block {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

/** The blocks that are marked as parts of a configuration: fenced by three backticks and the words `yaml config`. */
function blocksOf(page: string): readonly Block[] {
  const markdown = readFileSync(`${ROOT}/${page}`, 'utf8');
  return [...markdown.matchAll(/^```yaml config\n([\s\S]*?)^```$/gm)].map(({ 1: text = '', index }) => ({
    page,
    line: markdown.slice(0, index).split('\n').length,
    text,
  }));
}

const BLOCKS = globSync('docs/guides/*.md', { cwd: ROOT }).toSorted().flatMap(blocksOf);

function complete(text: string): string {
  const missing = Object.entries(SURROUNDINGS).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(text));
  return missing.map(([, written]) => written).join('') + text;
}

test.each(BLOCKS)('The configuration in $page at line $line loads without a problem or a warning', ({ text }) => {
  const variables = [...text.matchAll(/Env: (\w+)/g)].map(([, name = '']) => [name, SECRET] as const);
  const result = loadConfig({
    text: complete(text),
    fileName: 'config.yaml',
    env: Object.fromEntries(variables),
    readFile: () => SECRET,
    now: new Date('2026-06-01T00:00:00Z'),
  });
  expect(result).toMatchObject({ ok: true, warnings: [] });
  if (result.ok) for (const mappings of mappingsOf(result.config)) assertClaimMappings(mappings, 'a guide');
});

/** Every expression, each of which has to be one. */
function mappingsOf({ claims, resources, staticClients }: TesseraConfig): readonly Readonly<Record<string, string>>[] {
  const scopes = [...resources.identityResources, ...resources.apiScopes].map(({ claimMappings }) => claimMappings);
  const clients = staticClients.map(({ settings }) => settings.claimMappings ?? {});
  return [claims.mappings, claims.accessTokenMappings, ...scopes, ...clients];
}

test('The guides have configurations', () => {
  expect(BLOCKS.length).toBeGreaterThan(15);
});
