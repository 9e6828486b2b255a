import type { ConfigPath } from '../problem.ts';
import type { Report } from './report.ts';

/** The process environment, passed in. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Blocks whose string values have `$VAR` and `${VAR}` expanded, as in Dex; `*` stands for every list item. */
const expandedBlocks: readonly ConfigPath[] = [
  ['storage', 'config'],
  ['ephemeral', 'config'],
  ['events', 'config'],
  ['signer', 'config'],
  ['formerSigners', '*', 'config'],
  ['connectors', '*', 'config'],
];

/** Values Go's `strconv.ParseBool` takes for false; anything else leaves expansion on. */
const falseWords: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * Expands environment variables inside the blocks where Dex does; elsewhere text stays as written. Off with
 * `DEX_EXPAND_ENV=false`. An unset variable becomes empty text, with a warning that does not repeat its name (what looks
 * like a name may be part of a password).
 */
export function expandEnvironment(root: unknown, env: Environment, report: Report): unknown {
  if (falseWords.has(env['DEX_EXPAND_ENV'] ?? '')) return root;

  const expandAll = (value: unknown, path: ConfigPath): unknown => {
    if (typeof value === 'string') {
      let isMissing = false;
      const text = expandText(value, (name) => {
        isMissing ||= env[name] === undefined;
        return env[name] ?? '';
      });
      if (isMissing) report.warning(path, unsetMessage);
      return text;
    }
    return mapChildren(value, path, expandAll);
  };

  const descend = (value: unknown, path: ConfigPath): unknown => {
    if (expandedBlocks.some((block) => matches(path, block))) return expandAll(value, path);
    if (!expandedBlocks.some((block) => matches(path, block.slice(0, path.length)))) return value;
    return mapChildren(value, path, descend);
  };

  return descend(root, []);
}

const unsetMessage =
  'refers to an environment variable that is not set, so that part is empty (if the dollar sign is meant literally, set DEX_EXPAND_ENV=false)';

function matches(path: ConfigPath, block: ConfigPath): boolean {
  return path.length === block.length && block.every((part, index) => part === '*' || part === path[index]);
}

function mapChildren(
  value: unknown,
  path: ConfigPath,
  map: (child: unknown, childPath: ConfigPath) => unknown,
): unknown {
  if (Array.isArray(value)) return value.map((item, index) => map(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, map(child, [...path, key])]));
}

/**
 * Go's `os.Expand`: `$name`, `${name}`, and the shell's one-character names (`$1`, `$$`, `$?` …). A dollar sign before
 * anything else stays; `${}` and an unclosed `${` are eaten.
 */
export function expandText(text: string, lookUp: (name: string) => string): string {
  return text.replace(variablePattern, (whole: string, braced?: string, bare?: string, unclosed?: string) => {
    if (unclosed !== undefined) return '';
    const name = braced ?? bare;
    if (name === undefined) return whole;
    return name === '' ? '' : lookUp(name);
  });
}

const variablePattern = /\$(?:\{([^}]*)\}|([*#$@!?\-0-9]|[A-Za-z_][A-Za-z0-9_]*)|(\{))/g;
