import { loadConfig, type TesseraConfig } from '@tessera/config';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { assertExpressions } from './assert-expressions.ts';

function configOf(parts: Readonly<Record<string, unknown>>): TesseraConfig {
  const file = {
    issuer: 'http://127.0.0.1/dex',
    storage: { type: 'memory' },
    web: { http: ':80' },
    connectors: [{ type: 'mockCallback', id: 'mock', name: 'Example' }],
    ...parts,
  };
  const result = loadConfig({ text: stringify(file), fileName: 'test.yaml', env: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

test('Expressions that work pass', () => {
  const claims = { mappings: { department: 'identity.groups[0]' } };
  expect(() => assertExpressions(configOf({ claims }))).not.toThrow();
});

test('Every expression that never works is told before anything starts, with its place', () => {
  const config = configOf({
    claims: { mappings: { department: 'identity.groups[' } },
    resources: { apiScopes: [{ name: 'files', claimMappings: { size: '1 +' } }] },
    staticClients: [
      {
        id: 'app',
        secret: 'a-secret-of-high-entropy-0123456789',
        name: 'App',
        redirectURIs: ['https://app.example/cb'],
        claims: { mappings: { level: 'nonsense(' } },
      },
    ],
  });
  expect(() => assertExpressions(config)).toThrow(
    /^claims\.mappings: [^\n]+\nresources\.apiScopes \(files\): [^\n]+\nstaticClients \(app\): [^\n]+$/,
  );
});
