import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CommandFailure } from '../command-line/failure.ts';
import type { ByteReader } from './byte-reader.ts';

/**
 * The body of an export: plaintext in chunks, each encrypted by AES-256-GCM with its number as nonce. What is authenticated
 * with it is the hash of the header and whether it is the last. So a chunk opens in its place of its file and nowhere else,
 * and a file that ends too early is noticed: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015).
 *
 * On the wire a chunk is 4 bytes, the highest bit of which says that it is the last and the others how long it is, then the
 * ciphertext and the 16 bytes of its tag.
 */
export interface ChunkKey {
  /** 32 bytes, for one file only. */
  readonly key: Uint8Array;
  readonly headerHash: Uint8Array;
}

/** Plaintext of a chunk; the last may be shorter. A reader takes no larger one. */
export const CHUNK_BYTES = 256 * 1024;

const CIPHER = 'aes-256-gcm';
const FRAME_BYTES = 4;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const LAST = 0x80000000;

/** Encrypts a stream. `chunkBytes` is {@link CHUNK_BYTES} when left out. */
export async function* sealChunks(
  plaintext: AsyncIterable<Uint8Array>,
  chunkKey: ChunkKey,
  chunkBytes: number = CHUNK_BYTES,
): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let size = 0;
  let number = 0n;
  for await (const part of plaintext) {
    pending.push(part);
    size += part.length;
    if (size <= chunkBytes) continue;
    const all = Buffer.concat(pending, size);
    let offset = 0;
    // What is left is never empty, so that the last chunk is known as such.
    for (; all.length - offset > chunkBytes; offset += chunkBytes) {
      yield seal(all.subarray(offset, offset + chunkBytes), chunkKey, { number, isLast: false });
      number += 1n;
    }
    pending = [all.subarray(offset)];
    size = all.length - offset;
  }
  yield seal(Buffer.concat(pending, size), chunkKey, { number, isLast: true });
}

/**
 * Decrypts a stream; a chunk is given on only when it is authentic. Throws CommandFailure when the first does not open (the
 * passphrase is another one, or the file was changed), when a later one does not, and where the file ends early or goes on.
 */
export async function* openChunks(reader: ByteReader, chunkKey: ChunkKey): AsyncGenerator<Buffer> {
  for (let number = 0n; ; number += 1n) {
    const frame = await reader.take(FRAME_BYTES);
    if (frame.length < FRAME_BYTES) throw truncated();
    const word = frame.readUInt32BE();
    const isLast = word >= LAST;
    const length = isLast ? word - LAST : word;
    if (length < TAG_BYTES || length > CHUNK_BYTES + TAG_BYTES) throw notAuthentic(number);
    const sealed = await reader.take(length);
    if (sealed.length < length) throw truncated();
    yield open(sealed, chunkKey, { number, isLast });
    if (isLast) break;
  }
  if ((await reader.take(1)).length > 0) {
    throw new CommandFailure('The export was changed: something was added behind its end.');
  }
}

/** Where a chunk belongs. */
interface Place {
  readonly number: bigint;
  readonly isLast: boolean;
}

function seal(plaintext: Uint8Array, { key, headerHash }: ChunkKey, place: Place): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonceOf(place));
  cipher.setAAD(associatedData(headerHash, place));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(ciphertext.length + (place.isLast ? LAST : 0));
  return Buffer.concat([frame, ciphertext]);
}

function open(sealed: Buffer, { key, headerHash }: ChunkKey, place: Place): Buffer {
  const decipher = createDecipheriv(CIPHER, key, nonceOf(place));
  decipher.setAAD(associatedData(headerHash, place));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw notAuthentic(place.number);
  }
}

function nonceOf({ number }: Place): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(number, NONCE_BYTES - 8);
  return nonce;
}

function associatedData(headerHash: Uint8Array, { isLast }: Place): Buffer {
  return Buffer.concat([headerHash, Buffer.from([isLast ? 1 : 0])]);
}

function truncated(): CommandFailure {
  return new CommandFailure('The export is not whole: it ends before its end.');
}

function notAuthentic(number: bigint): CommandFailure {
  return number === 0n
    ? new CommandFailure('The export does not open: the passphrase is another one, or the file was changed.')
    : new CommandFailure('The export was changed since it was written.');
}
