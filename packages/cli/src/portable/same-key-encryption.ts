import { systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import { TesseraError } from '@tessera/errors';
import { hasKeyEncryptionKey, ROOT_DOCUMENT } from '@tessera/keys';
import type { StoredRecord } from '@tessera/storage';
import { CommandFailure } from '../command-line/failure.ts';
import { processLogger } from '../process/process-logger.ts';
import type { FileHeader } from './file-header.ts';
import { readExportedKeySet } from './key-sets.ts';
import type { PortableEntry } from './portable-entry.ts';

/** Whether Vault wraps a key-encryption key of the configuration, so that what it is stands in the store. */
export function isWrapped({ keyEncryption }: TesseraConfig): boolean {
  return [keyEncryption, ...(keyEncryption.alsoOpens ?? [])].some(({ type }) => type === 'vault');
}

/**
 * Throws CommandFailure unless a key-encryption key of the configuration is that of the export: private keys in it open under
 * that one only.
 *
 * @param keySets those of the export, among which a wrapped key is; none where none is wrapped.
 */
export async function assertSameKeyEncryption(
  config: TesseraConfig,
  { kdf, keyEncryption }: FileHeader,
  keySets: readonly StoredRecord[] = [],
): Promise<void> {
  if (keyEncryption === undefined) return;
  const rootDocument = await readExportedKeySet(keySets, config, ROOT_DOCUMENT);
  const access = { clock: systemClock, logger: processLogger(config, 'import'), rootDocument };
  const isSame = await hasKeyEncryptionKey(config.keyEncryption, kdf.salt, keyEncryption, access).catch(
    (error: unknown) => {
      if (!(error instanceof TesseraError) || error.kind !== 'invalid_argument') throw error;
      const reason = `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}`;
      throw new CommandFailure(`${reason}. It has to be the key-encryption key of the source.`, { cause: error });
    },
  );
  if (isSame) return;
  throw new CommandFailure(
    'The export was written under another key-encryption key: give keyEncryption the key of the source, or nothing signed can be continued.',
  );
}

/** The same entries, once `check` has seen their key sets, which come first. */
export async function* withKeySetsChecked(
  entries: AsyncIterable<PortableEntry>,
  check: (keySets: readonly StoredRecord[]) => Promise<void>,
): AsyncGenerator<PortableEntry> {
  let held: PortableEntry[] | undefined = [];
  for await (const entry of entries) {
    if (held !== undefined) {
      held.push(entry);
      if (keySetOf(entry) !== undefined) continue;
      await check(held.flatMap((one) => keySetOf(one) ?? []));
      yield* held;
      held = undefined;
    } else yield entry;
  }
  if (held === undefined) return;
  await check(held.flatMap((one) => keySetOf(one) ?? []));
  yield* held;
}

function keySetOf(entry: PortableEntry): StoredRecord | undefined {
  return entry.type === 'record' && entry.kind === 'key_set' ? entry.record : undefined;
}
