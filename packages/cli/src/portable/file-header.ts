import { createHash } from 'node:crypto';
import * as z from 'zod';
import { CommandFailure } from '../command-line/failure.ts';
import type { ByteReader } from './byte-reader.ts';
import { HIGHEST_COST, type ScryptParameters } from './passphrase-key.ts';

/** What stands unencrypted at the beginning of an export. Every chunk is bound to it. */
export interface FileHeader {
  /** The type of the store it comes from. */
  readonly source: string;
  readonly createdAt: Date;
  /** Whether the store refused changes before the first record was read. */
  readonly isRetired: boolean;
  readonly kdf: ScryptParameters;
  /** Tells whether another key-encryption key is the same; undefined = the source had none that lasts. */
  readonly keyEncryption?: Buffer;
}

/** A header as it was read or written. */
export interface SealedHeader {
  readonly header: FileHeader;
  /** SHA-256 of all of its bytes. */
  readonly hash: Buffer;
}

/** The only format of files that is written. A file of a later one is refused. */
export const FORMAT_VERSION = 1;

const MAGIC = Buffer.from('tessera-export\n');
const LENGTH_BYTES = 4;
const MAX_HEADER_BYTES = 16 * 1024;
const CIPHER = 'aes-256-gcm';

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));

const headerSchema = z
  .strictObject({
    version: z.literal(FORMAT_VERSION),
    createdAt: z.iso.datetime().transform((text) => new Date(text)),
    source: z.string().regex(/^[a-z0-9]{1,32}$/),
    retired: z.boolean(),
    cipher: z.literal(CIPHER),
    kdf: z.strictObject({
      name: z.literal('scrypt'),
      salt: base64.refine((salt) => salt.length === 32),
      n: z
        .int()
        .min(2)
        .max(HIGHEST_COST.n)
        .refine((n) => Number.isInteger(Math.log2(n))),
      r: z.int().min(1).max(HIGHEST_COST.r),
      p: z.int().min(1).max(HIGHEST_COST.p),
    }),
    keyEncryption: base64.refine((fingerprint) => fingerprint.length === 32).exactOptional(),
  })
  .transform(({ source, createdAt, retired, kdf, keyEncryption }): FileHeader => {
    return { source, createdAt, isRetired: retired, kdf, ...(keyEncryption === undefined ? {} : { keyEncryption }) };
  });

/** The bytes of a header: a magic text, the length of the JSON that follows in 4 bytes, and the JSON. */
export function encodeHeader({ source, createdAt, isRetired, kdf, keyEncryption }: FileHeader): Buffer {
  const json = Buffer.from(
    JSON.stringify({
      version: FORMAT_VERSION,
      createdAt: createdAt.toISOString(),
      source,
      retired: isRetired,
      cipher: CIPHER,
      kdf: { ...kdf, salt: kdf.salt.toString('base64') },
      ...(keyEncryption === undefined ? {} : { keyEncryption: keyEncryption.toString('base64') }),
    }),
  );
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(json.length);
  return Buffer.concat([MAGIC, length, json]);
}

/** The hash that binds chunks to a header. */
export function hashHeader(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Reads a header. Throws CommandFailure for what is no export, is cut off, or has a later format. */
export async function readHeader(reader: ByteReader): Promise<SealedHeader> {
  const start = await reader.take(MAGIC.length + LENGTH_BYTES);
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) throw new CommandFailure('The input is no export of Tessera.');
  const length = start.length < MAGIC.length + LENGTH_BYTES ? 0 : start.readUInt32BE(MAGIC.length);
  const json = length <= MAX_HEADER_BYTES ? await reader.take(length) : Buffer.alloc(0);
  if (length === 0 || json.length < length) throw damagedHeader();
  return { header: parseHeader(json), hash: hashHeader(Buffer.concat([start, json])) };
}

function parseHeader(bytes: Buffer): FileHeader {
  const json = parseJson(bytes);
  const { version } = z
    .looseObject({ version: z.int().catch(0) })
    .catch({ version: 0 })
    .parse(json);
  if (version > FORMAT_VERSION) {
    throw new CommandFailure(
      `The export has format ${version}, which a newer version of Tessera wrote; this version reads format ${FORMAT_VERSION}.`,
    );
  }
  const parsed = headerSchema.safeParse(json);
  if (!parsed.success) throw damagedHeader();
  return parsed.data;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw damagedHeader();
  }
}

function damagedHeader(): CommandFailure {
  return new CommandFailure('The export is damaged: its header cannot be read.');
}
