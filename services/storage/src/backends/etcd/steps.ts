import type { Compare, KeyValue, RequestOp } from './protocol.ts';

/** Condition: there is no such key. */
export function isAbsent(key: Buffer): Compare {
  return { key, result: 'EQUAL', target: 'CREATE', create_revision: '0' };
}

/** Condition: the key was created in that revision, and not removed since. */
export function wasCreatedIn(key: Buffer, revision: string): Compare {
  return { key, result: 'EQUAL', target: 'CREATE', create_revision: revision };
}

/** Condition: the key is as it was read; undefined = it was not there. */
export function isUnchanged(key: Buffer, read: KeyValue | undefined): Compare {
  return read === undefined ? isAbsent(key) : { key, result: 'EQUAL', target: 'MOD', mod_revision: read.mod_revision };
}

/** Step: puts a key. */
export function put(key: Buffer, value: string | Buffer = ''): RequestOp {
  return { request_put: { key, value: Buffer.from(value) } };
}

/** Step: removes a key. */
export function remove(key: Buffer): RequestOp {
  return { request_delete_range: { key } };
}

/** Step: reads a key. */
export function get(key: Buffer): RequestOp {
  return { request_range: { key } };
}

/** Step: steps that are taken if the conditions hold. */
export function only(compare: readonly Compare[], success: readonly RequestOp[]): RequestOp {
  return { request_txn: { compare, success, failure: [] } };
}
