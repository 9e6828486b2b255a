import * as z from 'zod';
import type { Report } from '../load/report.ts';
import type { KeyEncryptionConfig, StorageConfig } from '../types.ts';
import { checkedText, optionalText } from './fields.ts';
import type { Partially } from './partially.ts';

/** `keyEncryption` (Tessera's own): the key that private signing keys are encrypted under. */
export const keyEncryptionSchema = z
  .strictObject({
    file: checkedText('File that holds the key: 32 bytes in base64.', (value) =>
      value === '' ? 'must not be empty' : undefined,
    ).exactOptional(),
    valueFromEnv: optionalText('Environment variable that holds the key.'),
    value: checkedText('The key itself: 32 bytes in base64. Prefer the other two.', keyFault).exactOptional(),
  })
  .exactOptional()
  .describe(
    'The key-encryption key, by one of three ways. Left out: with sqlite3 a file beside the database (made on first start), with memory storage a key that lives as long as the process; with postgres, mysql and etcd it is required.',
  );

function keyFault(value: string): string | undefined {
  const isKey = /^[A-Za-z0-9+/]{43}=$/.test(value.trim());
  return isKey ? undefined : `must be 32 bytes in base64; make one with: ${howToMakeOne}`;
}

const howToMakeOne = 'openssl rand -base64 32';

type Input = NonNullable<z.input<typeof keyEncryptionSchema>>;

/** Storage that several processes share, so that none of them may make a key for itself. */
const sharedStorageTypes: ReadonlySet<string> = new Set(['postgres', 'mysql', 'etcd']);

/** Exactly one source, and one at all where no default is safe. */
export function checkKeyEncryption(
  keyEncryption: Partially<Input> | undefined,
  storageType: string | undefined,
  report: Report,
): void {
  if (keyEncryption === undefined) {
    if (storageType !== undefined && sharedStorageTypes.has(storageType)) {
      report.derived(
        ['keyEncryption'],
        `is required with ${storageType}, so that all processes share it; make a key with "${howToMakeOne}", and name its file in keyEncryption.file or its environment variable in keyEncryption.valueFromEnv`,
      );
    }
    return;
  }
  const given = [keyEncryption.file, keyEncryption.valueFromEnv, keyEncryption.value].filter(
    (source) => source !== undefined,
  );
  if (given.length !== 1) report.derived(['keyEncryption'], 'needs exactly one of file, valueFromEnv and value');
}

/** The effective source of the key. `value` is filled from the environment before. */
export function toKeyEncryptionConfig(
  keyEncryption: z.output<typeof keyEncryptionSchema> | undefined,
  storage: StorageConfig,
): KeyEncryptionConfig {
  if (keyEncryption?.value !== undefined) return { type: 'value', value: keyEncryption.value.trim() };
  if (keyEncryption?.file !== undefined) return { type: 'file', file: keyEncryption.file, createIfMissing: false };
  const isFile = storage.type === 'sqlite3' && storage.file !== ':memory:';
  return isFile ? { type: 'file', file: `${storage.file}.key`, createIfMissing: true } : { type: 'ephemeral' };
}
