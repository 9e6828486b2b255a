import { randomBytes } from 'node:crypto';
import type { Clock } from '@tessera/clock';
import type { DurableStore } from '@tessera/storage';
import { createByteReader } from './byte-reader.ts';
import { entryFromLine, entryToLine } from './entry-line.ts';
import { encodeHeader, type FileHeader, hashHeader, readHeader } from './file-header.ts';
import { countedAs } from './kinds.ts';
import { derivePassphraseKey, type ScryptParameters } from './passphrase-key.ts';
import type { PortableEntry } from './portable-entry.ts';
import { readStore } from './read-store.ts';
import { openChunks, sealChunks } from './sealed-chunks.ts';
import type { Tally } from './tally.ts';
import { decodeLines, encodeLines } from './text-lines.ts';

/** What an export is made of. */
export interface ExportOptions {
  readonly store: DurableStore;
  readonly clock: Clock;
  /** The type of the store. */
  readonly source: string;
  /** Of the passphrase and the parameters. */
  readonly key: Buffer;
  readonly kdf: ScryptParameters;
  readonly keyEncryption: Buffer | undefined;
  /** Whether the store refuses changes before its first record is read, and afterwards. */
  readonly retires: boolean;
  readonly tally: Tally;
  readonly signal?: AbortSignal;
}

const SALT_BYTES = 32;

/** Parameters for a new file. */
export function newKdf(cost: Pick<ScryptParameters, 'n' | 'r' | 'p'>): ScryptParameters {
  return { name: 'scrypt', salt: randomBytes(SALT_BYTES), ...cost };
}

/** The bytes of an export, as they are asked for. Nothing happens, retiring included, before the first of them is. */
export async function* exportStream(options: ExportOptions): AsyncGenerator<Buffer> {
  const { store, clock, source, key, kdf, keyEncryption, retires, tally } = options;
  if (retires) await store.retire();
  const header: FileHeader = {
    source,
    createdAt: clock.now(),
    isRetired: retires,
    kdf,
    ...(keyEncryption === undefined ? {} : { keyEncryption }),
  };
  const bytes = encodeHeader(header);
  yield bytes;
  const lines = counted(readStore(options), tally);
  yield* sealChunks(encodeLines(lines), { key, headerHash: hashHeader(bytes) });
}

async function* counted(entries: AsyncIterable<PortableEntry>, tally: Tally): AsyncGenerator<string> {
  for await (const entry of entries) {
    yield entryToLine(entry);
    tally.count(countedAs(entry), 1);
  }
}

/** An export whose header was read, and whose entries can be once the passphrase is known. */
export interface OpenedExport {
  readonly header: FileHeader;
  /** Entries, each of which is authentic. Throws CommandFailure where the passphrase is wrong or the file was changed. */
  entries(passphrase: string): AsyncGenerator<PortableEntry>;
}

/** Reads the header of an export. Throws CommandFailure as `readHeader` does. */
export async function openExport(bytes: AsyncIterable<Uint8Array>): Promise<OpenedExport> {
  const reader = createByteReader(bytes);
  const { header, hash } = await readHeader(reader);
  return {
    header,
    async *entries(passphrase) {
      const key = await derivePassphraseKey(passphrase, header.kdf);
      let number = 0;
      for await (const line of decodeLines(openChunks(reader, { key, headerHash: hash }))) {
        number += 1;
        yield entryFromLine(line, number);
      }
    },
  };
}
