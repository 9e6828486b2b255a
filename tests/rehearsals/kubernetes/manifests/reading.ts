/** Takes what stands in a manifest at `path`; throws an Error that names the path when it is not what is understood. */
export type Parser<T> = (value: unknown, path: string) => T;

/** The fields of one object of a manifest. What is not asked for is an error: a manifest is honoured whole, or not at all. */
export interface Fields {
  required<T>(name: string, parse: Parser<T>): T;
  optional<T>(name: string, parse: Parser<T>): T | undefined;
  either<T>(name: string, parse: Parser<T>, fallback: T): T;
  /** Fields that mean nothing on a cluster of one machine, or that other tests check. */
  without(...names: readonly string[]): void;
}

/** An object, of which every field must be asked for. */
export function object<T>(read: (fields: Fields, path: string) => T): Parser<T> {
  return (value, path) => {
    if (!isObject(value)) throw wrong(path, 'an object', value);
    const left = new Set(Object.keys(value));
    const optional = <V>(name: string, parse: Parser<V>): V | undefined => {
      left.delete(name);
      const found = value[name];
      return found === undefined || found === null ? undefined : parse(found, `${path}.${name}`);
    };
    const result = read(
      {
        optional,
        required(name, parse) {
          left.delete(name);
          if (value[name] === undefined) throw new Error(`${path}.${name} is missing`);
          return parse(value[name], `${path}.${name}`);
        },
        either: (name, parse, fallback) => optional(name, parse) ?? fallback,
        without(...names) {
          for (const name of names) left.delete(name);
        },
      },
      path,
    );
    for (const name of left) throw new Error(`${path}.${name} is not understood by the rehearsal's cluster`);
    return result;
  };
}

/** A list. */
export function list<T>(parse: Parser<T>): Parser<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, 'a list', value);
    return value.map((item: unknown, index) => parse(item, `${path}[${index}]`));
  };
}

/** An object whose names are free. */
export function map<T>(parse: Parser<T>): Parser<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (!isObject(value)) throw wrong(path, 'an object', value);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, parse(one, `${path}.${name}`)]));
  };
}

/** A string. */
export const text: Parser<string> = (value, path) => {
  if (typeof value !== 'string') throw wrong(path, 'a string', value);
  return value;
};

/** A whole number that is not negative. */
export const count: Parser<number> = (value, path) => {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw wrong(path, 'a whole number', value);
  return Number(value);
};

/** True or false. */
export const flag: Parser<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value);
  return value;
};

/** A number, or a string: a port and its name, a part of 100. */
export const countOrText: Parser<number | string> = (value, path) =>
  typeof value === 'string' ? value : count(value, path);

/** One of these strings. */
export function oneOf<const T extends string>(...known: readonly T[]): Parser<T> {
  return (value, path) => {
    const found = known.find((one) => one === value);
    if (found === undefined) throw wrong(path, known.join(' or '), value);
    return found;
  };
}

/** Exactly this value. */
export function only<const T extends boolean | string>(expected: T): Parser<T> {
  return (value, path) => {
    if (value !== expected) throw wrong(path, String(expected), value);
    return expected;
  };
}

/** Whatever stands there. */
export const anything: Parser<unknown> = (value) => value;

/** Whether it is an object with names and values. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(path: string, expected: string, value: unknown): Error {
  return new Error(`${path} is ${JSON.stringify(value)}, but this cluster understands only ${expected} there`);
}
