import { VaultRefusal } from './vault-refusal.ts';

/** The body of a request, read strictly: Vault ignores fields that it does not know, and here they are refused. */
export type VaultFields = Readonly<Record<string, unknown>>;

/** Refuses fields that are not among `known`. */
export function assertKnownFields(fields: VaultFields, known: readonly string[]): void {
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new VaultRefusal(400, `unknown fields ${unknown.join(', ')}`);
}

/** A text that may be left out. */
export function textField(fields: VaultFields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new VaultRefusal(400, `field ${name} is no text`);
}

/** Bytes in standard base64 with padding. */
export function bytesField(fields: VaultFields, name: string): Buffer {
  const text = textField(fields, name);
  if (text === undefined) throw new VaultRefusal(400, `missing ${name}`);
  return decodeBase64(text, name);
}

/** Decodes what is exactly what encoding gives. */
export function decodeBase64(text: string, name: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new VaultRefusal(400, `unable to decode ${name} as base64`);
  return bytes;
}

/** A whole number that may be left out; 0 by default. */
export function integerField(fields: VaultFields, name: string): number {
  const value = fields[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw new VaultRefusal(400, `field ${name} is no whole number`);
}

/** A list of objects. */
export function itemsField(fields: VaultFields, name: string): readonly VaultFields[] {
  const value = fields[name];
  if (!Array.isArray(value) || value.length === 0) throw new VaultRefusal(400, `missing ${name} to process`);
  return value.map((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw new VaultRefusal(400, `an item of ${name} is no object`);
    return item as VaultFields;
  });
}
