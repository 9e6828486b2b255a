import type { EntryKind } from '../../ports.ts';

/**
 * Names of keys: the prefix, in braces what decides about the slot of a Cluster, and the type (N20). Different things never
 * have one name, whatever is in their ids.
 */
export interface RedisKeys {
  /** Both keys of a sign-in lie in one slot. */
  request(id: string): string;
  code(id: string): string;
  /** Of a device request; it holds the code too that its device id becomes. */
  device(userCode: string): string;
  entry(kind: EntryKind, id: string): string;
  used(scope: string, value: string): string;
  attempts(key: string): string;
}

/** The names below a prefix. */
export function createRedisKeys(prefix: string): RedisKeys {
  const tagged = (tag: string, rest: string, type: string): string => `${prefix}{${tag || EMPTY}}${rest}:${type}`;
  const placed = (id: string, type: string): string => {
    const head = id.split('.', 1)[0] ?? '';
    return tagged(escaped(head), escaped(id.slice(head.length)), type);
  };
  return {
    request: (id) => placed(id, 'request'),
    code: (id) => placed(id, 'code'),
    device: (userCode) => placed(userCode, 'device'),
    entry: (kind, id) => tagged(escaped(id), '', kind),
    used: (scope, value) => tagged(`${escaped(scope).replaceAll(':', escapeOf(':'))}:${escaped(value)}`, '', 'used'),
    attempts: (key) => tagged(escaped(key), '', 'attempts'),
  };
}

/** An empty tag would let the whole name decide about the slot. No escaped text is a lone sign of escape. */
const EMPTY = '%';

/** Braces would end the tag early, and half a surrogate pair has no UTF-8 of its own. */
function escaped(text: string): string {
  return text.replace(/[%{}]|\p{Surrogate}/gu, escapeOf);
}

function escapeOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The user code of a device id; undefined for an id that cannot be one. */
export function userCodeOf(id: string): string | undefined {
  const end = id.indexOf('.');
  return end < 0 ? undefined : id.slice(0, end);
}
