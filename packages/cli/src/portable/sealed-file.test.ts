import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createByteReader } from './byte-reader.ts';
import { CHUNK_BYTES, openChunks, sealChunks } from './sealed-chunks.ts';
import { decodeLines, encodeLines } from './text-lines.ts';

const chunkKey = { key: randomBytes(32), headerHash: randomBytes(32) };

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function seal(plaintext: Uint8Array, chunkBytes: number): Promise<Buffer[]> {
  return collect(sealChunks(stream([plaintext]), chunkKey, chunkBytes));
}

/** Opens bytes that come in pieces of any length. */
async function open(bytes: Buffer, pieceBytes = 7): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  return Buffer.concat(await collect(openChunks(createByteReader(stream(pieces)), chunkKey)));
}

const plaintexts = fc.uint8Array({ maxLength: 200 });
const chunkSizes = fc.integer({ min: 1, max: 64 });

test('what is sealed opens again, however it is cut on the way', async () => {
  await fc.assert(
    fc.asyncProperty(plaintexts, chunkSizes, fc.integer({ min: 1, max: 300 }), async (plaintext, chunk, piece) => {
      const sealed = Buffer.concat(await seal(plaintext, chunk));
      expect(await open(sealed, piece)).toEqual(Buffer.from(plaintext));
    }),
  );
});

test('a flipped bit anywhere is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      plaintexts,
      chunkSizes,
      fc.nat(),
      fc.integer({ min: 0, max: 7 }),
      async (plaintext, chunk, at, bit) => {
        const sealed = Buffer.concat(await seal(plaintext, chunk));
        const index = at % sealed.length;
        sealed[index] = (sealed[index] ?? 0) ^ (1 << bit);
        await expect(open(sealed)).rejects.toThrow(/does not open|was changed|not whole/);
      },
    ),
  );
});

test('a file that ends anywhere before its end is refused, at the border of a chunk too', async () => {
  await fc.assert(
    fc.asyncProperty(plaintexts, chunkSizes, fc.nat(), async (plaintext, chunk, at) => {
      const chunks = await seal(plaintext, chunk);
      const sealed = Buffer.concat(chunks);
      await expect(open(sealed.subarray(0, at % sealed.length))).rejects.toThrow(/not whole/);
      await expect(open(Buffer.concat(chunks.slice(0, -1)))).rejects.toThrow(/not whole/);
    }),
  );
});

test('chunks that are swapped, repeated or left out are refused, and so is one of another file', async () => {
  const plaintext = randomBytes(100);
  const chunks = await seal(plaintext, 20);
  expect(chunks).toHaveLength(5);
  const pick = (...order: number[]): Promise<Buffer> =>
    open(Buffer.concat(order.map((index) => chunks[index] ?? Buffer.of())));
  expect(await pick(0, 1, 2, 3, 4)).toEqual(plaintext);
  for (const order of [[1, 0, 2, 3, 4], [0, 2, 1, 3, 4], [0, 1, 1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 2, 4], [4]]) {
    await expect(pick(...order), String(order)).rejects.toThrow(/does not open|was changed/);
  }
  await expect(pick(0, 1, 2, 3, 4, 4)).rejects.toThrow('something was added behind its end');
  const other = { ...chunkKey, headerHash: randomBytes(32) };
  const foreign = await collect(sealChunks(stream([plaintext]), other, 20));
  await expect(open(Buffer.concat([chunks[0] ?? Buffer.of(), ...foreign.slice(1)]))).rejects.toThrow('was changed');
});

test('the mark of the last chunk cannot be moved to another one', async () => {
  const [first = Buffer.of()] = await seal(randomBytes(100), 20);
  first.writeUInt32BE(first.readUInt32BE() + 0x80000000);
  await expect(open(first)).rejects.toThrow('does not open');
});

test('a chunk that claims to be larger than any is refused before it is read', async () => {
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(CHUNK_BYTES + 17);
  async function* endless(): AsyncGenerator<Buffer> {
    yield frame;
    throw new Error('read on');
  }
  await expect(collect(openChunks(createByteReader(endless()), chunkKey))).rejects.toThrow('does not open');
});

test('lines come back as they were, wherever the bytes are cut', async () => {
  const lines = fc.array(fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)));
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 50 }), async (written, chunk) => {
      const sealed = await collect(sealChunks(encodeLines(stream(written)), chunkKey, chunk));
      const opened = openChunks(createByteReader(stream(sealed)), chunkKey);
      expect(await collect(decodeLines(opened))).toEqual(written);
    }),
  );
});

test('a last line without its end is refused', async () => {
  await expect(collect(decodeLines(stream([Buffer.from('{}\n{"type"')])))).rejects.toThrow('a line without end');
});
