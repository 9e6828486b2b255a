import type * as z from 'zod';
import type { ConfigPath } from '../problem.ts';
import type { Report } from './report.ts';
import { suggestName } from './suggestion.ts';
import { describeKind, valueAt, withValueAt } from './value-path.ts';

/** Turns what the schema found into problems, in words of ours that never show a value that may be secret. */
export function reportIssues(issues: readonly z.core.$ZodIssue[], root: unknown, report: Report): void {
  for (const issue of issues) {
    const path = toConfigPath(issue.path);
    report.derived(path, issueMessage(issue, valueAt(root, path)));
  }
}

/** The tree without the values that issues point at: what is left has the types the schema promises, but may be partial. */
export function withoutInvalid(issues: readonly z.core.$ZodIssue[], root: unknown): unknown {
  return issues.reduce<unknown>((tree, issue) => withValueAt(tree, toConfigPath(issue.path), undefined), root);
}

function toConfigPath(path: readonly PropertyKey[]): ConfigPath {
  return path.map((part) => (typeof part === 'symbol' ? String(part) : part));
}

function issueMessage(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return 'is required';
  switch (issue.code) {
    case 'invalid_type':
      return typeMessage(issue.expected, value);
    case 'invalid_value':
      return choiceMessage(issue.values.map(String), value);
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? 'must not be empty'
        : `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `must have at most ${issue.maximum} entries`
        : `must be at most ${issue.maximum}`;
    case 'invalid_format':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return issue.message;
  }
}

const typeNames: Readonly<Partial<Record<string, string>>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

function typeMessage(expected: string, value: unknown): string {
  const wanted = typeNames[expected] ?? expected;
  const message = `must be ${wanted}, not ${describeKind(value)}`;
  const isUnquoted = expected === 'string' && (typeof value === 'number' || typeof value === 'boolean');
  if (isUnquoted) return `${message}; put it in quotes`;
  if (expected === 'boolean' && typeof value === 'string') return `${message}; write true or false without quotes`;
  return message;
}

function choiceMessage(choices: readonly string[], value: unknown): string {
  if (typeof value === 'string' && choices.includes(value)) return 'must be without quotes';
  const suggestion = typeof value === 'string' ? suggestName(value, choices) : undefined;
  const guess = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  const isUnquoted = typeof value === 'number' && choices.includes(String(value));
  if (isUnquoted) return 'must be in quotes';
  const named = choices.filter((choice) => choice !== '');
  return named.length === 1 ? `must be ${named[0]}` : `must be one of ${named.join(', ')}${guess}`;
}
