// Writes the table of values into the chart's README.md, from values.schema.json and values.yaml.
//
//   node --conditions=source tests/manifests/helm-values-table.ts

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHART } from './helm-chart.ts';

const BEGIN = '<!-- values: made by tests/manifests/helm-values-table.ts -->';
const END = '<!-- end of values -->';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Values whose parts are described elsewhere. */
const WHOLE: ReadonlySet<string> = new Set(['config', 'certificates.existing', 'certificates.certManager.issuerRef']);

/** The table of values in Markdown: name, type, default, description. */
export async function valuesTable(): Promise<string> {
  const schema = JSON.parse(await readFile(join(CHART, 'values.schema.json'), 'utf8')) as Schema;
  const defaults: unknown = parse(await readFile(join(CHART, 'values.yaml'), 'utf8'));
  const table: Table = { definitions: schema.definitions ?? {}, described: new Set() };
  const rows = rowsOf(schema, defaults, '', table);
  return ['| value | type | default | what |', '|---|---|---|---|', ...rows].join('\n');
}

interface Table {
  readonly definitions: Readonly<Record<string, Schema>>;
  /** Definitions that have had their rows. */
  readonly described: Set<string>;
}

function rowsOf(schema: Schema, value: unknown, path: string, table: Table): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]): readonly string[] => {
    if (key === 'global') return [];
    const name = path === '' ? key : `${path}.${key}`;
    const given = isTree(value) ? value[key] : undefined;
    const target = resolved(child, table);
    const row = `| \`${name}\` | ${typeOf(target)} | ${defaultOf(target, given, name)} | ${cell(child.description ?? target.description ?? '')} |`;
    if (target.properties === undefined || WHOLE.has(name)) return [row];
    const definition = child.$ref ?? '';
    // A service has the same values as every other.
    if (definition.endsWith('/service') && table.described.has(definition)) return [row];
    table.described.add(definition);
    return [row, ...rowsOf(target, given, name, table)];
  });
}

function resolved(schema: Schema, { definitions }: Table): Schema {
  return schema.$ref === undefined ? schema : (definitions[schema.$ref.replace('#/definitions/', '')] ?? schema);
}

function typeOf({ type, enum: words, properties }: Schema): string {
  if (words !== undefined) return words.map((word) => (word === '' ? 'empty' : `\`${word}\``)).join(', ');
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    boolean: 'true or false',
    array: 'list',
    object: properties === undefined ? 'map' : 'block',
  };
  return [type ?? []]
    .flat()
    .map((name) => names[name] ?? name)
    .join(' or ');
}

/** Nothing for a block, whose parts have defaults of their own. */
function defaultOf({ properties }: Schema, value: unknown, name: string): string {
  if (value === undefined) return '';
  if (properties !== undefined && !WHOLE.has(name) && !name.startsWith('services.')) return '';
  return `\`${cell(JSON.stringify(value))}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

if (import.meta.main) {
  const file = join(CHART, 'README.md');
  const text = await readFile(file, 'utf8');
  const [before = ''] = text.split(BEGIN);
  const [, after = ''] = text.split(END);
  await writeFile(file, `${before}${BEGIN}\n\n${await valuesTable()}\n\n${END}${after}`);
}
