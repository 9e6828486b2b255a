import type { EtcdConnection } from './connection.ts';
import type { Prefix } from './keyspace.ts';
import { inChunks } from './parallel.ts';
import type { KeyValue } from './protocol.ts';

/** Ranges in one read: below etcd's limit of 128 operations, and the largest values still fit in one message. */
const READ_AT_ONCE = 64;

/** Reads keys, in order; undefined = not there. Keys of one part are of one moment. */
export async function readKeys(
  connection: EtcdConnection,
  keys: readonly Buffer[],
  revision?: string,
): Promise<readonly (KeyValue | undefined)[]> {
  const found: (KeyValue | undefined)[] = [];
  for (const part of inChunks(keys, READ_AT_ONCE)) {
    const at = revision === undefined ? {} : { revision };
    const answers = await connection.ranges(part.map((key) => ({ key, ...at })));
    found.push(...answers.map(({ kvs }) => kvs[0]));
  }
  return found;
}

/** How a list is read. */
export interface PageOptions {
  /** Only what comes after. */
  readonly after?: string | undefined;
  /** Only what comes before. */
  readonly end?: Buffer;
  /** How many are read at a time; by default as many of the largest values as fit in one message. */
  readonly size?: number;
  /** The moment; undefined = whatever stands when a page is read. */
  readonly revision?: string;
}

/** Reads what stands under a prefix, in the order of the keys, page by page for as long as the caller takes some. */
export async function* readPages(
  connection: EtcdConnection,
  prefix: Prefix<never>,
  { after, end = prefix.end, size = READ_AT_ONCE, revision }: PageOptions = {},
): AsyncGenerator<readonly KeyValue[]> {
  for (let key = prefix.after(after); ; ) {
    const page = await connection.range({
      key,
      range_end: end,
      limit: size,
      ...(revision === undefined ? {} : { revision }),
    });
    yield page.kvs;
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) return;
    key = prefix.after(prefix.rest(last.key));
  }
}
