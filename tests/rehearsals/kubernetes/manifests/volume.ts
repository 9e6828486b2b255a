import { bytes } from './quantities.ts';
import { count, type Fields, flag, list, object, oneOf, only, type Parser, text } from './reading.ts';

/** A file of a volume: the key that it is made of, where it lies, and its mode if that is its own. */
export interface VolumeItem {
  readonly key: string;
  readonly path: string;
  readonly mode: number | undefined;
}

/** A source of files. */
export type FileSource =
  | {
      readonly kind: 'configMap' | 'secret';
      readonly name: string;
      readonly items: readonly VolumeItem[] | undefined;
      readonly isOptional: boolean;
    }
  | { readonly kind: 'token'; readonly path: string; readonly audience: string | undefined }
  | { readonly kind: 'downward'; readonly items: readonly { readonly path: string; readonly field: string }[] };

/** What a volume holds. */
export type VolumeContent =
  | { readonly kind: 'files'; readonly sources: readonly FileSource[]; readonly defaultMode: number }
  | { readonly kind: 'empty'; readonly sizeBytes: number | undefined }
  | { readonly kind: 'claim'; readonly claimName: string };

/** A volume of a pod. */
export interface Volume {
  readonly name: string;
  readonly content: VolumeContent;
}

const item = object((fields) => ({
  key: fields.required('key', text),
  path: fields.required('path', text),
  mode: fields.optional('mode', count),
}));

function named(fields: Fields, kind: 'configMap' | 'secret', nameField: string): FileSource {
  return {
    kind,
    name: fields.required(nameField, text),
    items: fields.optional('items', list(item)),
    isOptional: fields.either('optional', flag, false),
  };
}

const ORDINARY_MODE = 0o644;

function files(kind: 'configMap' | 'secret', nameField: string): Parser<VolumeContent> {
  return object((fields) => ({
    kind: 'files',
    defaultMode: fields.either('defaultMode', count, ORDINARY_MODE),
    sources: [named(fields, kind, nameField)],
  }));
}

const projectedSource: Parser<FileSource> = object((fields, path) => {
  const found = [
    fields.optional(
      'configMap',
      object((source) => named(source, 'configMap', 'name')),
    ),
    fields.optional(
      'secret',
      object((source) => named(source, 'secret', 'name')),
    ),
    fields.optional('serviceAccountToken', object(token)),
    fields.optional('downwardAPI', object(downward)),
  ].find((one) => one !== undefined);
  if (found === undefined) throw new Error(`${path} has no source`);
  return found;
});

function token(fields: Fields): FileSource {
  fields.optional('expirationSeconds', count);
  return { kind: 'token', path: fields.required('path', text), audience: fields.optional('audience', text) };
}

function downward(fields: Fields): FileSource {
  const reference = object((one) => {
    one.optional('apiVersion', only('v1'));
    return one.required('fieldPath', text);
  });
  const entry = object((one) => ({ path: one.required('path', text), field: one.required('fieldRef', reference) }));
  return { kind: 'downward', items: fields.required('items', list(entry)) };
}

/** A volume. */
export const volume: Parser<Volume> = object((fields, path) => {
  const name = fields.required('name', text);
  const content = [
    fields.optional('secret', files('secret', 'secretName')),
    fields.optional('configMap', files('configMap', 'name')),
    fields.optional('emptyDir', emptyDirectory),
    fields.optional('projected', projected),
    fields.optional('persistentVolumeClaim', claim),
  ].find((one) => one !== undefined);
  if (content === undefined) throw new Error(`${path} has no content`);
  return { name, content };
});

const emptyDirectory: Parser<VolumeContent> = object((fields) => {
  fields.optional('medium', oneOf('', 'Memory'));
  return { kind: 'empty', sizeBytes: fields.optional('sizeLimit', bytes) };
});

const projected: Parser<VolumeContent> = object((fields) => ({
  kind: 'files',
  defaultMode: fields.either('defaultMode', count, ORDINARY_MODE),
  sources: fields.required('sources', list(projectedSource)),
}));

const claim: Parser<VolumeContent> = object((fields) => ({
  kind: 'claim',
  claimName: fields.required('claimName', text),
}));
