import type * as core from 'zod/v4/core';
import { fileSchema } from '../schema/file.ts';
import { inspectSchema, literalValues, objectShape, type SchemaNode, unionVariants } from '../schema/schema-tree.ts';

interface ReferenceRow {
  readonly path: string;
  readonly type: string;
  readonly defaultValue: string;
  readonly description: string;
}

/** The reference of all keys as one markdown table, made from the schema: path, type, default, description. */
export function configReference(): string {
  const rows = rowsBelow(fileSchema, '');
  const lines = rows.map(({ path, type, defaultValue, description }) =>
    [`\`${path}\``, type, defaultValue, description].map(escapeCell).join(' | '),
  );
  return [
    '| key | type | default | description |',
    '|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function rowsBelow(schema: core.$ZodType, path: string): readonly ReferenceRow[] {
  const node = inspectSchema(schema);
  const union = unionVariants(node.schema);
  if (union !== undefined) {
    return [...union.variants].flatMap(([name, variant]) => rowsBelow(variant, `${path}(${name})`));
  }
  const { def } = node.schema._zod;
  if (def.type === 'array') return rowsBelow(def.element, `${path}[]`);
  return Object.entries(objectShape(node.schema) ?? {}).flatMap(([name, child]) => {
    const childPath = path === '' ? name : `${path}.${name}`;
    return [toRow(inspectSchema(child), childPath), ...rowsBelow(child, childPath)];
  });
}

function toRow(node: SchemaNode, path: string): ReferenceRow {
  return { path, type: typeName(node), defaultValue: defaultText(node), description: node.description ?? '' };
}

function typeName(node: SchemaNode): string {
  if (node.typeName !== undefined) return node.typeName;
  const values = literalValues(node.schema);
  if (values.length > 0) return values.map((value) => (value === '' ? 'empty text' : `\`${value}\``)).join(', ');
  const { def } = node.schema._zod;
  if (def.type !== 'array') return plainTypeNames[def.type] ?? 'any';
  const element = inspectSchema(def.element);
  return `list of ${pluralTypeNames[element.schema._zod.def.type] ?? typeName(element)}`;
}

const plainTypeNames: Readonly<Partial<Record<string, string>>> = {
  string: 'text',
  number: 'whole number',
  int: 'whole number',
  boolean: 'true or false',
  record: 'map',
  object: 'block',
  union: 'block by `type`',
};

const pluralTypeNames: Readonly<Partial<Record<string, string>>> = {
  string: 'texts',
  object: 'blocks',
  record: 'maps',
  union: 'blocks by `type`',
};

function defaultText(node: SchemaNode): string {
  if (!node.isOptional) return '*required*';
  const value = node.defaultValue;
  if (value === undefined || isBlockDefault(value)) return '';
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

/** The defaults of a block stand at its keys. */
function isBlockDefault(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.hasOwn(value, 'type');
}
