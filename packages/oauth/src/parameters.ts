/** Most name=value pairs of one request. */
export const MAX_PARAMETERS = 100;
/** Longest parameter name, in characters after decoding. */
export const MAX_PARAMETER_NAME_LENGTH = 128;
/** Longest parameter value, in characters after decoding (16 KiB). */
export const MAX_PARAMETER_VALUE_LENGTH = 16_384;

/** The decoded parameters of one request. Immutable. */
export interface Parameters {
  /**
   * The value of a parameter sent once. Undefined when it was omitted, sent empty (RFC 6749 §3.1) or sent more than once:
   * a repeated parameter has no value that may be taken, so look at `repeated` first.
   */
  get(name: string): string | undefined;
  /** All non-empty values, in order; for the few parameters that may repeat, as `resource` of RFC 8707 §2. */
  getAll(name: string): readonly string[];
  /** Whether the parameter was sent at least once with a value. */
  has(name: string): boolean;
  /** Names sent with a value, each once, in order of appearance. */
  names(): readonly string[];
  /** Names sent more than once, empty values counted too (RFC 6749 §3.1 forbids it). */
  readonly repeated: readonly string[];
  /** Every pair that has a value, in order. */
  readonly entries: readonly (readonly [name: string, value: string])[];
}

/** Why a text was refused as `application/x-www-form-urlencoded`. */
export type ParametersProblem = 'malformed' | 'too-many' | 'name-too-long' | 'value-too-long';

/** Outcome of {@link parseFormParameters}. */
export type ParametersOutcome =
  | { readonly ok: true; readonly parameters: Parameters }
  | { readonly ok: false; readonly reason: ParametersProblem };

/** A percent-encoded UTF-8 byte needs three characters, and a character at most three bytes a UTF-16 unit. */
const MAX_ENCODING_GROWTH = 9;

/**
 * Parses a query or body of type `application/x-www-form-urlencoded` (RFC 6749 Appendix B), strictly: broken
 * percent-encoding, bytes that are not UTF-8, and control bytes as such or an encoded NUL make the whole text malformed.
 * Never throws.
 */
export function parseFormParameters(text: string): ParametersOutcome {
  if (hasForbiddenRawCharacter(text)) {
    return { ok: false, reason: 'malformed' };
  }
  const pairs: [string, string][] = [];
  for (let start = 0; start < text.length; ) {
    const ampersand = text.indexOf('&', start);
    const end = ampersand === -1 ? text.length : ampersand;
    if (end > start) {
      if (pairs.length === MAX_PARAMETERS) {
        return { ok: false, reason: 'too-many' };
      }
      const pair = parsePair(text, start, end);
      if (typeof pair === 'string') {
        return { ok: false, reason: pair };
      }
      pairs.push(pair);
    }
    start = end + 1;
  }
  return { ok: true, parameters: createParameters(pairs) };
}

/** Makes {@link Parameters} of pairs that are decoded already, by the same rules for empty and repeated ones. */
export function createParameters(pairs: Iterable<readonly [name: string, value: string]>): Parameters {
  const values = new Map<string, string[]>();
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const entries: (readonly [string, string])[] = [];
  for (const [name, value] of pairs) {
    if (seen.has(name)) {
      repeated.add(name);
    }
    seen.add(name);
    if (value === '') {
      continue;
    }
    entries.push(Object.freeze([name, value] as const));
    const known = values.get(name);
    if (known === undefined) {
      values.set(name, [value]);
    } else {
      known.push(value);
    }
  }
  return Object.freeze({
    get: (name: string) => (repeated.has(name) ? undefined : values.get(name)?.[0]),
    getAll: (name: string) => [...(values.get(name) ?? [])],
    has: (name: string) => values.has(name),
    names: () => [...values.keys()],
    repeated: Object.freeze([...repeated]),
    entries: Object.freeze(entries),
  });
}

/**
 * Decodes one form-encoded word: `+` is a space, `%XX` a byte of UTF-8 (RFC 6749 Appendix B).
 * Undefined when the encoding is broken.
 */
export function decodeFormComponent(encoded: string): string | undefined {
  const spaced = encoded.includes('+') ? encoded.replaceAll('+', ' ') : encoded;
  if (!spaced.includes('%')) {
    return spaced;
  }
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}

function parsePair(text: string, start: number, end: number): [string, string] | ParametersProblem {
  const equals = text.indexOf('=', start);
  const hasValue = equals !== -1 && equals < end;
  const nameEnd = hasValue ? equals : end;
  if (nameEnd - start > MAX_PARAMETER_NAME_LENGTH * MAX_ENCODING_GROWTH) {
    return 'name-too-long';
  }
  const rawValue = hasValue ? text.slice(equals + 1, end) : '';
  if (rawValue.length > MAX_PARAMETER_VALUE_LENGTH * MAX_ENCODING_GROWTH) {
    return 'value-too-long';
  }
  const name = decodeFormComponent(text.slice(start, nameEnd));
  const value = decodeFormComponent(rawValue);
  // Stores refuse NUL in text; nothing of the protocol contains it.
  if (name === undefined || value === undefined || name.includes('\0') || value.includes('\0')) {
    return 'malformed';
  }
  if (name.length > MAX_PARAMETER_NAME_LENGTH) {
    return 'name-too-long';
  }
  return value.length > MAX_PARAMETER_VALUE_LENGTH ? 'value-too-long' : [name, value];
}

/** U+FFFD and lone surrogates are what a lenient decoder leaves of bytes that were not UTF-8. */
function hasForbiddenRawCharacter(text: string): boolean {
  return /[\p{Cc}\ufffd]/u.test(text) || !text.isWellFormed();
}
