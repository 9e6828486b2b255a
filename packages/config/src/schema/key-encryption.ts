import * as z from 'zod';
import type { KeyEncryptionConfig, KeyEncryptionSource } from '../key-types.ts';
import type { Report } from '../load/report.ts';
import type { ConfigPath } from '../problem.ts';
import type { StorageConfig } from '../types.ts';
import { checkedText, optionalText } from './fields.ts';
import { type Partially, presentItems } from './partially.ts';
import { checkVault, toVaultConfig, transitNameFault, vaultKeys, warnAboutVault } from './signers/vault.ts';

/** More keys than this are not on their way out, but forgotten. */
const MAX_FURTHER_KEYS = 10;

/** The four ways to name a key. */
const sourceKeys = {
  file: checkedText('File that holds the key: 32 bytes in base64.', (value) =>
    value === '' ? 'must not be empty' : undefined,
  ).exactOptional(),
  valueFromEnv: optionalText('Environment variable that holds the key.'),
  value: checkedText('The key itself: 32 bytes in base64. Prefer the other ways.', keyFault).exactOptional(),
  vault: z
    .strictObject({
      ...vaultKeys,
      keyName: checkedText(
        'Name of the Transit key, of a type that encrypts such as `aes256-gcm96`.',
        transitNameFault,
      ),
    })
    .exactOptional()
    .describe('The key is kept in storage, encrypted by a key of Vault’s or OpenBao’s Transit engine.'),
};

const sourceSchema = z.strictObject(sourceKeys);

/** `keyEncryption` (Tessera's own): the key that private signing keys are encrypted under. */
export const keyEncryptionSchema = z
  .strictObject({
    ...sourceKeys,
    alsoOpens: z
      .array(sourceSchema)
      .max(MAX_FURTHER_KEYS)
      .default([])
      .describe(
        'Keys of before, each named by one of the four ways: they open what they sealed until it is sealed anew under the key above, and nothing new is sealed under them.',
      ),
  })
  .exactOptional()
  .describe(
    'The key-encryption key, by one of four ways. Left out: with sqlite3 a file beside the database (made on first start), with memory storage a key that lives as long as the process; with postgres, mysql and etcd it is required.',
  );

function keyFault(value: string): string | undefined {
  const isKey = /^[A-Za-z0-9+/]{43}=$/.test(value.trim());
  return isKey ? undefined : `must be 32 bytes in base64; make one with: ${howToMakeOne}`;
}

const howToMakeOne = 'openssl rand -base64 32';

type Input = Partially<NonNullable<z.input<typeof keyEncryptionSchema>>>;
type SourceInput = Partially<z.input<typeof sourceSchema>>;
type SourceOutput = z.output<typeof sourceSchema>;

/** Storage that several processes share, so that none of them may make a key for itself. */
const sharedStorageTypes: ReadonlySet<string> = new Set(['postgres', 'mysql', 'etcd']);

/** Exactly one source for each key, and one at all where no default is safe. */
export function checkKeyEncryption(
  keyEncryption: Input | undefined,
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
  checkSource(keyEncryption, ['keyEncryption'], report);
  for (const [index, source] of presentItems(keyEncryption.alsoOpens))
    checkSource(source, ['keyEncryption', 'alsoOpens', index], report);
}

function checkSource(source: SourceInput, path: ConfigPath, report: Report): void {
  const { file, valueFromEnv, value, vault } = source;
  const given = [file, valueFromEnv, value, vault].filter((one) => one !== undefined);
  const isWrong = ['file', 'value', 'vault'].some((key) => report.isExplained([...path, key]));
  if (given.length !== 1 && !isWrong) report.derived(path, 'needs exactly one of file, valueFromEnv, value and vault');
  if (vault !== undefined) checkVault(vault, [...path, 'vault'], report);
}

/** What is weak in the sources. */
export function warnAboutKeyEncryption(
  keyEncryption: z.output<typeof keyEncryptionSchema> | undefined,
  report: Report,
): void {
  if (keyEncryption?.vault !== undefined) warnAboutVault(keyEncryption.vault, ['keyEncryption', 'vault'], report);
  for (const [index, { vault }] of (keyEncryption?.alsoOpens ?? []).entries())
    if (vault !== undefined) warnAboutVault(vault, ['keyEncryption', 'alsoOpens', index, 'vault'], report);
}

/** The effective source of the key. `value` is filled from the environment before. */
export function toKeyEncryptionConfig(
  keyEncryption: z.output<typeof keyEncryptionSchema> | undefined,
  storage: StorageConfig,
): KeyEncryptionConfig {
  const source = keyEncryption === undefined ? undefined : toSource(keyEncryption);
  const further = (keyEncryption?.alsoOpens ?? []).flatMap((item) => toSource(item) ?? []);
  return { ...(source ?? defaultSource(storage)), ...(further.length === 0 ? {} : { alsoOpens: further }) };
}

function toSource({ file, value, vault }: SourceOutput): KeyEncryptionSource | undefined {
  if (value !== undefined) return { type: 'value', value: value.trim() };
  if (file !== undefined) return { type: 'file', file, createIfMissing: false };
  return vault === undefined ? undefined : { type: 'vault', vault: toVaultConfig(vault), keyName: vault.keyName };
}

function defaultSource(storage: StorageConfig): KeyEncryptionSource {
  const isFile = storage.type === 'sqlite3' && storage.file !== ':memory:';
  return isFile ? { type: 'file', file: `${storage.file}.key`, createIfMissing: true } : { type: 'ephemeral' };
}
