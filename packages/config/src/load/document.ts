import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { Report } from './report.ts';

/** A value of the file with the line it stands on. */
export type Located =
  | { readonly kind: 'scalar'; readonly line: number; readonly value: unknown }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly Located[] }
  | { readonly kind: 'map'; readonly line: number; readonly entries: readonly LocatedEntry[] };

export interface LocatedEntry {
  readonly key: string;
  readonly line: number;
  readonly value: Located;
}

/** Bounds the work of anchors that refer to anchors; far above any real file. */
const maxNodes = 200_000;
const maxDepth = 64;
/** One slip makes the parser stumble many times; what comes later says nothing new. */
const maxSyntaxProblems = 5;
const maxCharacters = 8 * 1024 * 1024;

/**
 * Reads one YAML 1.2 or JSON document. Anchors, aliases and `<<` merges are resolved; more than one document, custom tags
 * and keys that are not text are problems.
 *
 * @returns undefined when the text is not a map of keys; the reason is then in the report.
 */
export function parseConfigDocument(text: string, report: Report): Located | undefined {
  if (text.length > maxCharacters) {
    report.problem([], 'the file is larger than 8 MiB');
    return undefined;
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: false, prettyErrors: false });
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    for (const fault of faults.slice(0, maxSyntaxProblems)) {
      report.problem([], syntaxMessages[fault.code] ?? 'this is not valid YAML', lineAt(fault.pos[0]));
    }
    return undefined;
  }
  if (document.contents === null) {
    report.problem([], 'the file is empty');
    return undefined;
  }
  try {
    const root = createReader(document, lineAt)(document.contents, 0, 1);
    if (root.kind === 'map') return root;
    report.problem([], 'the file must be a map of keys, beginning with issuer');
  } catch (error) {
    if (!(error instanceof UnreadableNode)) throw error;
    report.problem([], error.message, error.line);
  }
  return undefined;
}

/** The parser's own messages quote the text around the fault, which may be a secret; these do not. */
const syntaxMessages: Readonly<Partial<Record<string, string>>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or a tag',
  BAD_ALIAS: 'a value that begins with * is an alias; put quotes around it if the star belongs to the value',
  BAD_INDENT: 'the indentation is wrong here, or a bracket or quote before it is not closed',
  BAD_SCALAR_START: 'a value cannot begin with this character; put quotes around it',
  BLOCK_AS_IMPLICIT_KEY: 'a key and its value are nested on one line; begin a new line or use quotes',
  BLOCK_IN_FLOW: 'an indented block stands inside brackets',
  DUPLICATE_KEY: 'a key stands here twice',
  MISSING_CHAR: 'a closing quote or bracket, a colon or a comma is missing',
  MULTIPLE_DOCS: 'a second document begins (---); the configuration is one document',
  MULTILINE_IMPLICIT_KEY: 'a key cannot go over several lines; a colon or a quote may be missing',
  TAB_AS_INDENT: 'a tab is used for indentation; YAML wants spaces',
  TAG_RESOLVE_FAILED: 'a value that begins with ! is a tag; put quotes around it if the mark belongs to the value',
};

class UnreadableNode extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** What each alias stands for: the nearest node before it with that anchor (YAML 1.2.2 §7.1). */
function aliasTargets(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

type NodeReader = (node: unknown, depth: number, nearLine: number) => Located;

function createReader(document: Document, lineAt: (offset: number) => number): NodeReader {
  const targets = aliasTargets(document);
  let visited = 0;

  const read: NodeReader = (node, depth, nearLine) => {
    visited += 1;
    const line = lineOf(node, lineAt) ?? nearLine;
    if (visited > maxNodes) throw new UnreadableNode(line, 'aliases unfold to too many values');
    if (depth > maxDepth) throw new UnreadableNode(line, `values are nested more than ${maxDepth} deep`);
    if (isAlias(node)) {
      const target = targets.get(node);
      if (target === undefined) throw new UnreadableNode(line, syntaxMessages['BAD_ALIAS'] ?? '');
      return read(target, depth + 1, line);
    }
    if (isMap(node)) return { kind: 'map', line, entries: readEntries(node.items, depth, line) };
    if (isSeq(node)) return { kind: 'list', line, items: node.items.map((item) => read(item, depth + 1, line)) };
    return { kind: 'scalar', line, value: isScalar(node) ? node.value : null };
  };

  const readEntries = (
    pairs: readonly { key: unknown; value: unknown }[],
    depth: number,
    near: number,
  ): LocatedEntry[] => {
    const own: LocatedEntry[] = [];
    const merged: LocatedEntry[] = [];
    for (const pair of pairs) {
      const line = lineOf(pair.key, lineAt) ?? near;
      if (!isScalar(pair.key)) throw new UnreadableNode(line, 'a key must be plain text');
      const value = read(pair.value, depth + 1, line);
      const key = String(pair.key.value);
      if (key === '<<') merged.push(...mergeEntries(value));
      else own.push({ key, line, value });
    }
    const ownKeys = new Set(own.map((entry) => entry.key));
    const seen = new Set<string>();
    // Keys written here win over merged ones, earlier merged maps win over later ones (YAML merge key).
    const extra = merged.filter(({ key }) => !ownKeys.has(key) && !seen.has(key) && seen.add(key));
    return [...own, ...extra];
  };

  return read;
}

function mergeEntries(value: Located): readonly LocatedEntry[] {
  if (value.kind === 'map') return value.entries;
  if (value.kind === 'list') return value.items.flatMap(mergeEntries);
  throw new UnreadableNode(value.line, 'the merge key << needs a map');
}

function lineOf(node: unknown, lineAt: (offset: number) => number): number | undefined {
  const range = (node as Node | null)?.range;
  return range ? lineAt(range[0]) : undefined;
}
