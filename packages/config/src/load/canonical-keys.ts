import type * as core from 'zod/v4/core';
import { type ConfigPath, formatPath } from '../problem.ts';
import { inspectSchema, type NotServed, objectShape, type SchemaNode, unionVariants } from '../schema/schema-tree.ts';
import type { Located, LocatedEntry } from './document.ts';
import type { Report } from './report.ts';
import { suggestName } from './suggestion.ts';

/**
 * Turns the document into plain values whose keys are spelled as the schema spells them (keys match without regard to
 * case, as in Dex). Unknown keys, two spellings of one key, unknown `type`s and keys that are not served go to the report
 * and leave the tree. Keys without a value (`web:`) count as absent. Lines of all paths are remembered in the report.
 */
export function canonicalise(root: Located, schema: core.$ZodType, report: Report): unknown {
  const known = new Map<string, ConfigPath[]>();
  indexKeys(schema, [], known, 0);

  const visit = (node: Located, outer: core.$ZodType, path: ConfigPath): unknown => {
    const inspected = inspectSchema(outer);
    const target = node.kind === 'map' ? chooseVariant(node, inspected, path, report) : inspected.schema;
    if (target === undefined) return undefined;
    const shape = objectShape(target);
    if (node.kind === 'map' && shape !== undefined) return visitObject(node.entries, shape, path);
    const { def } = target._zod;
    if (node.kind === 'map' && def.type === 'record') return visitRecord(node.entries, def.valueType, path);
    if (node.kind === 'list' && def.type === 'array') {
      return node.items.map((item, index) => {
        report.line([...path, index], item.line);
        return visit(item, def.element, [...path, index]);
      });
    }
    return toPlain(node, path, report);
  };

  const visitRecord = (entries: readonly LocatedEntry[], valueSchema: core.$ZodType, path: ConfigPath): unknown =>
    Object.fromEntries(
      withoutRepeats(entries, path, report, (key) => key).map(({ key, line, value }) => {
        report.line([...path, key], line);
        return [key, visit(value, valueSchema, [...path, key])];
      }),
    );

  const visitObject = (
    entries: readonly LocatedEntry[],
    shape: Readonly<Record<string, core.$ZodType>>,
    path: ConfigPath,
  ): unknown => {
    const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
    const result: [string, unknown][] = [];
    for (const entry of withoutRepeats(entries, path, report, (key) => key.toLowerCase())) {
      const name = names.get(entry.key.toLowerCase());
      const child = name === undefined ? undefined : shape[name];
      const childPath = [...path, name ?? entry.key];
      report.line(childPath, entry.line);
      if (name === undefined || child === undefined) {
        reportUnknownKey(entry.key, childPath, usableNames(shape), known, report);
        continue;
      }
      const { notServed } = inspectSchema(child);
      if (notServed !== undefined) {
        reportNotServed(entry.value, notServed, childPath, report);
      } else if (!isNothing(entry.value)) {
        const value = visit(entry.value, child, childPath);
        if (value !== undefined) result.push([name, value]);
      }
    }
    return Object.fromEntries(result);
  };

  return visit(root, schema, []);
}

/** Picks the schema of a choice by `type`; anything but a choice is its own. Undefined when the type is not usable. */
function chooseVariant(
  node: Located & { kind: 'map' },
  inspected: SchemaNode,
  path: ConfigPath,
  report: Report,
): core.$ZodTypes | undefined {
  const union = unionVariants(inspected.schema);
  if (union === undefined) return inspected.schema;
  const entry = node.entries.find(({ key }) => key.toLowerCase() === union.key);
  const typePath = [...path, union.key];
  if (entry !== undefined) report.line(typePath, entry.line);
  const names = [...union.variants.keys()];
  const written = entry?.value.kind === 'scalar' ? entry.value.value : undefined;
  const variant = typeof written === 'string' ? union.variants.get(written) : undefined;
  if (variant !== undefined) return inspectSchema(variant).schema;

  report.explained(path);
  const { noun, knownFromDex, hints } = inspected.otherTypes ?? { noun: 'block', knownFromDex: [] };
  const choices = `the ${noun} types are ${names.join(', ')}`;
  if (typeof written !== 'string') {
    report.problem(typePath, `is required: ${choices}`);
  } else if (knownFromDex.includes(written)) {
    const hint = hints?.[written] ?? choices;
    // A list can do without one of its entries.
    const way = typeof path.at(-1) === 'number' ? '; remove this entry to go on without it' : '';
    report.problem(
      typePath,
      `is "${written}", a ${noun} type known from Dex, not served by this version; ${hint}${way}`,
    );
  } else {
    const suggestion = suggestName(written, [...names, ...knownFromDex]);
    const guess = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
    report.problem(typePath, `is not a known ${noun} type${guess} (${choices})`);
  }
  return undefined;
}

/** Keeps the first of entries that are the same key, and reports the others. */
function withoutRepeats(
  entries: readonly LocatedEntry[],
  path: ConfigPath,
  report: Report,
  identity: (key: string) => string,
): readonly LocatedEntry[] {
  const first = new Map<string, LocatedEntry>();
  for (const entry of entries) {
    const earlier = first.get(identity(entry.key));
    if (earlier === undefined) {
      first.set(identity(entry.key), entry);
      continue;
    }
    const spelling = earlier.key === entry.key ? '' : ` (there spelled "${earlier.key}"; case does not matter)`;
    report.problem(
      [...path, entry.key],
      `is the same key as on line ${earlier.line}${spelling}; keep one of them`,
      entry.line,
    );
  }
  return [...first.values()];
}

function reportUnknownKey(
  written: string,
  path: ConfigPath,
  siblings: readonly string[],
  known: ReadonlyMap<string, readonly ConfigPath[]>,
  report: Report,
): void {
  const parent = path.slice(0, -1);
  const sibling = suggestName(written, siblings);
  if (sibling !== undefined) {
    report.problem(path, `is not a known key; did you mean "${sibling}"?`);
    // The misspelled key must not be reported as missing as well.
    report.explained([...parent, sibling]);
    return;
  }
  const [elsewhere, ...others] = known.get(written.toLowerCase()) ?? [];
  if (elsewhere !== undefined && others.length === 0) {
    report.problem(path, `is not a known key here; did you mean ${formatPath(elsewhere)}?`);
  } else {
    report.problem(path, `is not a known key; known here: ${siblings.join(', ')}`);
  }
}

function reportNotServed(value: Located, { effect, reason }: NotServed, path: ConfigPath, report: Report): void {
  if (isNothing(value) || isSwitchedOff(value)) return;
  const message = `is known from Dex, not served by this version: ${reason}`;
  if (effect === 'refused') {
    const what = value.kind === 'scalar' ? 'key' : 'block';
    report.problem(path, `${message}; remove the ${what} to go on without it`);
  } else {
    report.warning(path, message);
  }
}

function isNothing(node: Located): boolean {
  return node.kind === 'scalar' && (node.value === null || node.value === undefined);
}

/** `false`, empty text, empty lists and blocks with `enabled: false` ask for nothing. */
function isSwitchedOff(node: Located): boolean {
  if (node.kind === 'list') return node.items.length === 0;
  if (node.kind === 'map')
    return node.entries.some(({ key, value }) => key.toLowerCase() === 'enabled' && isSwitchedOff(value));
  return node.kind === 'scalar' && (node.value === false || node.value === '');
}

function usableNames(shape: Readonly<Record<string, core.$ZodType>>): readonly string[] {
  return Object.keys(shape).filter((name) => {
    const child = shape[name];
    return child !== undefined && inspectSchema(child).notServed === undefined;
  });
}

function toPlain(node: Located, path: ConfigPath, report: Report): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map((item, index) => toPlain(item, [...path, index], report));
  return Object.fromEntries(
    withoutRepeats(node.entries, path, report, (key) => key).map(({ key, value }) => [
      key,
      toPlain(value, [...path, key], report),
    ]),
  );
}

/** Indexes where each key name occurs outside lists and choices, for hints about keys in the wrong block. */
function indexKeys(schema: core.$ZodType, path: ConfigPath, index: Map<string, ConfigPath[]>, depth: number): void {
  const shape = objectShape(inspectSchema(schema).schema);
  for (const [name, child] of Object.entries(shape ?? {})) {
    const childPath = [...path, name];
    const lower = name.toLowerCase();
    index.set(lower, [...(index.get(lower) ?? []), childPath]);
    if (depth < 8) indexKeys(child, childPath, index, depth + 1);
  }
}
