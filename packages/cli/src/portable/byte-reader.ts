/** Takes bytes off a stream in the portions its reader asks for. */
export interface ByteReader {
  /** The next `length` bytes; fewer only where the stream ends. */
  take(length: number): Promise<Buffer>;
}

/** Reads no further ahead than one piece of the source. */
export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let left: Buffer = Buffer.alloc(0);
  return {
    async take(length) {
      const parts = [left];
      let size = left.length;
      while (size < length) {
        const next = await iterator.next();
        if (next.done === true) break;
        const part = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
        parts.push(part);
        size += part.length;
      }
      const all = parts.length === 1 ? left : Buffer.concat(parts, size);
      left = all.subarray(length);
      return all.subarray(0, length);
    },
  };
}
