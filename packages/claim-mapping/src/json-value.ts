/** A result that cannot be a claim. The message holds nothing of it. */
export class JsonValueError extends Error {
  override readonly name = 'JsonValueError';
}

/** Largest claim, in characters of its JSON. */
export const MAX_CLAIM_LENGTH = 8192;
/** How deep lists and objects of a claim may stand in one another. */
const MAX_DEPTH = 8;

/**
 * The JSON value of an expression's result; undefined for null, which leaves the claim out. Whole numbers are numbers, moments
 * are texts (RFC 3339). Throws {@link JsonValueError} for what JSON does not have and for what is too large.
 */
export function toJsonValue(result: unknown): unknown {
  if (result === null || result === undefined) return undefined;
  const value = convert(result, 0);
  if (JSON.stringify(value).length > MAX_CLAIM_LENGTH) throw new JsonValueError('the result is too large');
  return value;
}

function convert(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return assertNumber(value);
    case 'bigint':
      return assertNumber(Number(value), Number.isSafeInteger(Number(value)));
    default:
      return convertObject(value, depth);
  }
}

function convertObject(value: unknown, depth: number): unknown {
  if (value === null) return null;
  if (depth >= MAX_DEPTH) throw new JsonValueError('the result is nested too deep');
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((member) => convert(member, depth + 1));
  const entries = value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : undefined;
  if (entries === undefined) throw new JsonValueError('the result has no form in JSON');
  return Object.fromEntries(entries.map(([name, member]) => [textOf(name), convert(member, depth + 1)]));
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function assertNumber(value: number, isExact = Number.isFinite(value)): number {
  if (!isExact) throw new JsonValueError('the result is no number that JSON has');
  return value;
}

function textOf(name: unknown): string {
  if (typeof name !== 'string') throw new JsonValueError('the result has a member whose name is no text');
  return name;
}
