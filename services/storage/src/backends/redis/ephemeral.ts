import type { EphemeralStore } from '../../ports.ts';
import { tombstoneTtlSeconds } from '../../rules/tombstone.ts';
import { connectRedis, type RedisOptions } from './connection.ts';
import { COMPLETE_REQUEST, UPDATE_REQUEST } from './scripts.ts';
import {
  codeFromValue,
  codeValue,
  keysOf,
  requestHead,
  requestValue,
  stateFromValue,
  tombstoneValue,
} from './values.ts';

const MS = 1000;

/**
 * Short-lived state in Redis, shared by any number of processes. Each method is one command or one script; lifetimes are
 * the server's.
 *
 * @throws TesseraError `storage.cannot_open` when a TLS file cannot be read. A server that does not answer throws nothing.
 */
export function openRedisStore(options: RedisOptions): EphemeralStore {
  const connection = connectRedis(options);
  const { prefix } = options.config;
  return {
    ready: () => connection.ready(),
    close: () => connection.close(),
    async putRequest(request, ttlSeconds) {
      const { request: key } = keysOf(prefix, request.id);
      const value = requestValue(request);
      await connection.run('put_request', (redis) => redis.set(key, value, 'PX', ttlSeconds * MS, 'NX'));
    },
    async getRequest(id) {
      const { request: key } = keysOf(prefix, id);
      return stateFromValue(id, await connection.run('get_request', (redis) => redis.getBuffer(key)));
    },
    async updateRequest(request) {
      const next = requestValue({ ...request, version: request.version + 1 });
      const args = [requestHead(request.version), next];
      const { request: key } = keysOf(prefix, request.id);
      return (await connection.runScript('update_request', UPDATE_REQUEST, [key], args)) === 1;
    },
    async completeRequest({ id, version, authorization, codeTtlSeconds, attemptId }) {
      const keys = keysOf(prefix, id);
      const args = [
        requestHead(version),
        tombstoneValue(attemptId),
        tombstoneTtlSeconds(codeTtlSeconds) * MS,
        authorization === undefined ? '' : codeValue(authorization),
        codeTtlSeconds * MS,
      ];
      const reply = await connection.runScript('complete_request', COMPLETE_REQUEST, [keys.request, keys.code], args);
      return reply === 1;
    },
    async findCodes(ids) {
      if (ids.length === 0) return [];
      const keys = ids.map((id) => keysOf(prefix, id).code);
      const values = await connection.run('find_codes', (redis) => redis.mget(...keys));
      return ids.map((_, index) => codeFromValue(values[index]));
    },
    // The server lets go by itself.
    async sweep() {},
  };
}
