import type { ConfigPath } from '../problem.ts';

/** Reads the value at a path; undefined when any step is missing. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  let value: unknown = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/**
 * A copy of the tree with the value at the path replaced; missing maps on the way are made. `undefined` removes the key (a
 * list item becomes undefined, so that positions stay). A step through something that is not a map or list changes nothing.
 */
export function withValueAt(root: unknown, path: ConfigPath, value: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(root)) {
    if (typeof head !== 'number' || head >= root.length) return root;
    return root.map((item: unknown, index) => (index === head ? withValueAt(item, rest, value) : item));
  }
  if (root !== undefined && (typeof root !== 'object' || root === null)) return root;
  const { [head]: current, ...others } = (root ?? {}) as Record<string | number, unknown>;
  const replaced = withValueAt(current, rest, value);
  return replaced === undefined ? others : { ...others, [head]: replaced };
}

/** Names the kind of a value for messages, never showing the value. */
export function describeKind(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return value === '' ? 'empty text' : 'text';
  return typeof value === 'boolean' ? 'true or false' : 'a number';
}
