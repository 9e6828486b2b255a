import type { Entry } from 'ldapts';

/** Dex's name for the distinguished name where an attribute is asked for. */
const DN = 'DN';

/** The text values of an attribute, whose name is compared without case (RFC 4512 §2.5); `DN` is the distinguished name. */
export function attributeValues(entry: Entry, name: string): readonly string[] {
  if (name.toUpperCase() === DN) return [entry.dn];
  const key = Object.keys(entry).find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? undefined : entry[key];
  return [value ?? []].flat().filter(isText);
}

/** The first text value, if there is one. */
export function attributeValue(entry: Entry, name: string): string | undefined {
  return attributeValues(entry, name)[0];
}

/** The attributes to ask for: each once, without `DN`, which every entry has. */
export function attributeNames(names: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(names)].filter(
    (name) => name !== undefined && name !== '' && name.toUpperCase() !== DN,
  ) as string[];
}

/** Bytes that are no UTF-8 (an `objectGUID`, say) would come out alike for different people, so they count as nothing. */
function isText(value: string | Buffer): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\ufffd');
}
