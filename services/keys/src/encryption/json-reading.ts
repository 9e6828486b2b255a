import { TesseraError } from '@tessera/errors';

/** A member of a stored document by its name. */
export type JsonMembers = Readonly<Record<string, unknown>>;

/** The error for a document that opens but says something this version does not know. Kind `invalid_argument`. */
export function unknownFormat(what: string): TesseraError {
  return new TesseraError({
    kind: 'invalid_argument',
    code: 'keys.unknown_document_format',
    message: `a stored document of the keys service is in a format this version does not know: ${what}`,
  });
}

/** An object. Throws `keys.unknown_document_format`. */
export function readMembers(value: unknown, what: string): JsonMembers {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unknownFormat(what);
  return value as JsonMembers;
}

/** A list. Throws `keys.unknown_document_format`. */
export function readList(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unknownFormat(what);
  return value;
}

/** A text. Throws `keys.unknown_document_format`. */
export function readText(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw unknownFormat(what);
  return value;
}

/** A moment in ISO 8601. Throws `keys.unknown_document_format`. */
export function readMoment(value: unknown, what: string): Date {
  const moment = new Date(readText(value, what));
  if (Number.isNaN(moment.getTime())) throw unknownFormat(what);
  return moment;
}

/** A number of seconds that may be missing, under its name. Throws `keys.unknown_document_format`. */
export function readOptionalSeconds<N extends string>(members: JsonMembers, name: N): { readonly [K in N]?: number } {
  const seconds = members[name];
  if (seconds === undefined) return {};
  if (typeof seconds !== 'number' || !(seconds >= 0)) throw unknownFormat(name);
  return { [name]: seconds } as { readonly [K in N]?: number };
}
