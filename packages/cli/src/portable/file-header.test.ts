import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createByteReader } from './byte-reader.ts';
import { encodeHeader, type FileHeader, hashHeader, readHeader } from './file-header.ts';
import { derivePassphraseKey } from './passphrase-key.ts';

const header: FileHeader = {
  source: 'sqlite3',
  createdAt: new Date('2026-01-01T00:00:00.000Z'),
  isRetired: true,
  kdf: { name: 'scrypt', salt: randomBytes(32), n: 1024, r: 8, p: 1 },
  keyEncryption: randomBytes(32),
};

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

const read = (bytes: Buffer) => readHeader(createByteReader(once(bytes)));

/** The header with other JSON in it. */
function withJson(change: (json: Record<string, unknown>) => unknown): Buffer {
  const bytes = encodeHeader(header);
  const start = bytes.indexOf('{');
  const json = Buffer.from(
    JSON.stringify(change(JSON.parse(bytes.subarray(start).toString()) as Record<string, unknown>)),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([bytes.subarray(0, start - 4), length, json]);
}

test('a header comes back as it was, with the hash of its bytes', async () => {
  const bytes = encodeHeader(header);
  expect(await read(bytes)).toEqual({ header, hash: hashHeader(bytes) });
  const { keyEncryption: _, ...without } = header;
  expect((await read(encodeHeader(without))).header).toEqual(without);
});

test('a file of a later format is refused with a sentence that says so', async () => {
  await expect(read(withJson((json) => ({ ...json, version: 2, more: {} })))).rejects.toThrow(
    /format 2.*newer version/,
  );
});

test('what is no export, is cut off or says something else is refused', async () => {
  await expect(read(Buffer.from('PGDMP…'))).rejects.toThrow('is no export');
  await expect(read(Buffer.alloc(0))).rejects.toThrow('is no export');
  const bytes = encodeHeader(header);
  for (const length of [15, 17, 19, 30, bytes.length - 1]) {
    await expect(read(bytes.subarray(0, length)), String(length)).rejects.toThrow('is damaged');
  }
  for (const change of [
    (json: object) => ({ ...json, cipher: 'none' }),
    (json: object) => ({ ...json, further: 1 }),
    (json: object) => ({ ...json, version: 'x' }),
    () => [],
    () => null,
  ]) {
    await expect(read(withJson(change))).rejects.toThrow('is damaged');
  }
});

test('a cost that would fill the memory is refused before it is paid', async () => {
  for (const kdf of [{ n: 2 ** 24 }, { r: 1024 }, { p: 1000 }, { n: 1000 }, { salt: 'AAAA' }]) {
    const bytes = withJson((json) => ({ ...json, kdf: { ...(json['kdf'] as object), ...kdf } }));
    await expect(read(bytes)).rejects.toThrow('is damaged');
  }
});

test('RFC 8265 §4.2.1: a passphrase counts in its composed form', async () => {
  const [composed, decomposed] = await Promise.all(
    ['Gr\u00fc\u00dfe aus Wien', 'Gru\u0308\u00dfe aus Wien'].map((text) => derivePassphraseKey(text, header.kdf)),
  );
  expect(composed).toEqual(decomposed);
  expect(composed).not.toEqual(await derivePassphraseKey('Grusse aus Wien', header.kdf));
});
