import { readFile } from 'node:fs/promises';
import { configJsonSchema } from '@tessera/config';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART, helm, LEAST, type Rendering } from './helm-chart.ts';
import { valuesTable } from './helm-values-table.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const valuesSchema = JSON.parse(await readFile(`${CHART}/values.schema.json`, 'utf8')) as Schema;

const files: Readonly<Record<string, Rendering>> = {
  'the defaults': {},
  'values-dev.yaml': { files: ['values-dev.yaml'] },
  'values-production.yaml': { files: ['values-production.yaml'] },
};

for (const [name, rendering] of Object.entries(files)) {
  test(`helm lint --strict has nothing to say about ${name}`, async () => {
    const { code, stdout, stderr } = await helm('lint', rendering);
    expect(stdout).not.toMatch(/WARNING|ERROR/);
    expect([code, stderr.includes('Error')]).toEqual([0, false]);
  });
}

/** Values, and what is said about them. */
const refused: readonly (readonly [values: object, message: RegExp])[] = [
  [{ isuer: 'https://id.example.com' }, /additional properties 'isuer' not allowed/],
  [{ issuer: 'id.example.com' }, /at '\/issuer': 'id.example.com' does not match pattern/],
  [{ issuer: 'https://id.example.com/' }, /at '\/issuer': .* does not match pattern/],
  [{ issuer: '' }, /issuer is required: the URL under which applications/],
  [{ config: { issuer: 'https://id.example.com' } }, /at '\/config\/issuer': .*the value issuer of the chart says it/],
  [{ config: { conectors: [] } }, /at '\/config': additional properties 'conectors' not allowed/],
  [{ services: { tokens: { replicas: 3 } } }, /at '\/services': additional properties 'tokens' not allowed/],
  [{ services: { token: { replicas: '3' } } }, /at '\/services\/token\/replicas': got string, want integer/],
  [{ everyService: { autoscaling: { averageCpu: '60%' } } }, /at '\/everyService\/autoscaling\/averageCpu'/],
  [{ image: { digest: 'latest' } }, /at '\/image\/digest': 'latest' does not match pattern/],
  [{ image: { pullPolicy: 'Sometimes' } }, /at '\/image\/pullPolicy': value must be one of/],
  [{ secrets: { database: 'Password_1!' } }, /at '\/secrets\/database': .* does not match pattern/],
  [{ secrets: { database: { password: 'x' } } }, /at '\/secrets\/database': got object, want string/],
  [{ certificates: { source: 'vault' } }, /at '\/certificates\/source': value must be one of 'certManager'/],
  [{ certificates: { source: 'firstSecrets' } }, /firstSecrets\.enabled has to be true/],
  [{ firstSecrets: { enabled: true } }, /certificates\.source has to be firstSecrets, not certManager/],
  [
    { firstSecrets: { enabled: true }, certificates: { source: 'firstSecrets' }, secrets: { redis: 'mine' } },
    /leave secrets\.redis out/,
  ],
  [{ gatewayApi: { enabled: true } }, /at '\/gatewayApi\/parentRefs': minItems: got 0, want 1/],
  [{ exampleApp: { enabled: true } }, /exampleApp\.enabled needs gatewayNginx\.enabled/],
  [
    { redis: { inCluster: { enabled: true } }, networkPolicies: { redis: [{ ports: [{ port: 6379 }] }] } },
    /networkPolicies\.redis is for one elsewhere/,
  ],
];

for (const [values, message] of refused) {
  test(`Values are refused with words that help: ${JSON.stringify(values)}`, async () => {
    const { code, stderr } = await helm('template', { values: merged(LEAST, values) });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
}

test('Stores are not guessed, and what runs them for a trial is named', async () => {
  const { issuer } = LEAST;
  const none = await helm('template', { values: { issuer } });
  expect(none.stderr).toMatch(/config\.\w+ is required: where state lives/);
  const durable = { issuer, postgres: { inCluster: { enabled: true } } };
  expect((await helm('template', { values: durable })).stderr).toMatch(
    /config\.ephemeral is required.*redis\.inCluster\.enabled runs it here/,
  );
  const both = { ...durable, redis: { inCluster: { enabled: true } } };
  expect((await helm('template', { values: both })).stderr).toBe('');
});

/** Blocks of the configuration, by their path, that have a key beside one that names a file with the same secret. */
function secretsIn(schema: Schema, path: readonly string[] = []): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (schema.properties?.[`${key}File`] !== undefined) found.push([...path, key]);
    found.push(...secretsIn(child, [...path, key]));
  }
  if (schema.items !== undefined) found.push(...secretsIn(schema.items, [...path, '*']));
  for (const branch of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) found.push(...secretsIn(branch, path));
  return found;
}

/** The value `canary-4711` at a path; a star is the only item of a list. */
function canaryAt([key, ...rest]: readonly string[]): unknown {
  return key === undefined ? 'canary-4711' : { [key]: canaryAt(rest) };
}

/** With `{'*': item}` as a list. */
function withLists(value: unknown): unknown {
  if (!isTree(value)) return value;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => [key, withLists(child)]);
  return '*' in value
    ? [{ type: 'ldap', id: 'x', name: 'X', ...(withLists(value['*']) as object) }]
    : Object.fromEntries(entries);
}

const secrets = [
  ...new Map(secretsIn(configJsonSchema() as Schema).map((path) => [path.join('.'), path])).values(),
  ['keyEncryption', 'value'],
  ['keyEncryption', 'alsoOpens', '*', 'value'],
  ['ephemeral', 'config', 'url'],
];

test('The configuration has secrets that can be files, at each of the places the chart knows', () => {
  expect(secrets.map((path) => path.join('.')).toSorted()).toEqual([
    'connectors.*.config.bindPW',
    'connectors.*.config.clientSecret',
    'ephemeral.config.password',
    'ephemeral.config.sentinel.password',
    'ephemeral.config.url',
    'events.config.sasl.password',
    'formerSigners.*.config.pin',
    'formerSigners.*.config.token',
    'keyEncryption.alsoOpens.*.value',
    'keyEncryption.alsoOpens.*.vault.token',
    'keyEncryption.value',
    'keyEncryption.vault.token',
    'oauth2.pairwiseSecret',
    'resources.apiResources.*.secrets.*.value',
    'signer.config.pin',
    'signer.config.token',
    'staticClients.*.secret',
    'staticClients.*.secrets.*.value',
    'storage.config.password',
  ]);
});

/** The paths with their last key in capitals, as keys match without regard to case. */
const inCapitals = secrets.map((path) => [...path.slice(0, -1), path.at(-1)?.toUpperCase() ?? '']);

for (const paths of [secrets, inCapitals]) {
  test(`A secret does not stand in values, but in a file that is named: ${paths.at(-1)?.join('.')} and all others`, async () => {
    const config = withLists(paths.reduce<object>((tree, path) => merged(tree, canaryAt(path) as object), {}));
    const { code, stderr } = await helm('template', { values: merged(LEAST, { config }) });
    expect(code).not.toBe(0);
    for (const path of paths) {
      const place = `/config/${path.join('/').replaceAll('*', '0')}`;
      const line = stderr.split('\n').find((text) => text.includes(`at '${place}'`));
      expect(line, place).toMatch(/left out: .*(?:with \w*[fF]ile|passwordFile)'$/);
    }
    expect(stderr).not.toContain('canary-4711');
  });
}

test('Every key of the configuration can be given, and no other', () => {
  const ours = Object.keys(valuesSchema.properties?.['config']?.properties ?? {});
  expect(ours.toSorted()).toEqual(Object.keys((configJsonSchema() as Schema).properties ?? {}).toSorted());
});

/** Each default beside the schema of it: a value without one would be refused by the schema, a schema without one is for nothing. */
test('Every value is described, and has a default', async () => {
  const defaults: unknown = parse(await readFile(`${CHART}/values.yaml`, 'utf8'));
  const problems = problemsOf(valuesSchema, defaults, '');
  expect(problems).toEqual([]);
});

function problemsOf(schema: Schema, value: unknown, path: string): readonly string[] {
  const target = resolved(schema);
  const own = path === '' || target.description ? [] : [`${path} is not described`];
  const isOurs = target.additionalProperties === false && path !== '.config';
  if (!isOurs || PARTIAL.test(path)) return own;
  const children = Object.entries(target.properties ?? {}).filter(([key]) => !(path === '' && key === 'global'));
  const found = children.flatMap(([key, child]) => {
    const here = `${path}.${key}`;
    const isGiven = typeof value === 'object' && value !== null && key in value;
    const missing = isGiven || OPTIONAL.test(here) ? [] : [`${here} has no default`];
    const inner = isGiven ? (value as Readonly<Record<string, unknown>>)[key] : {};
    return [...missing, ...problemsOf(child, inner, here)];
  });
  return [...own, ...found];
}

/** Services have only what differs from `everyService`. */
const PARTIAL = /^\.services\.\w+$/;
/** Left out is a choice of its own. */
const OPTIONAL = /^\.certificates\.(?:existing\.\w+|certManager\.issuerRef\.\w+)$/;

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.replace('#/definitions/', '');
  return name === undefined ? schema : (valuesSchema.definitions?.[name] ?? {});
}

test('The table of values in the README is made from the schema', async () => {
  const readme = await readFile(`${CHART}/README.md`, 'utf8');
  expect(readme, 'run: npm run generate').toContain(await valuesTable());
});

/** One tree of values over another, as Helm merges them. */
function merged(base: object, over: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const present = result[key];
    result[key] = isTree(present) && isTree(value) ? merged(present, value) : value;
  }
  return result;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
