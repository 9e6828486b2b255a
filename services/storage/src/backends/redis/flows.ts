import type { Authorization } from '@tessera/contracts';
import type { FlowStore } from '../../ports.ts';
import { tombstoneTtlSeconds } from '../../rules/tombstone.ts';
import type { RedisCommands } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { readDeviceCode } from './devices.ts';
import { unlessForeign } from './errors.ts';
import { type RedisKeys, userCodeOf } from './keys.ts';
import { millisecondsOf } from './milliseconds.ts';
import { runScript, script } from './scripts.ts';
import { codeFromValue, codeValue, requestHead, requestValue, stateFromValue, tombstoneValue } from './values.ts';

/** KEYS: request. ARGV: head of the version expected, the value with the next version. 1 = replaced; the TTL stays. */
const UPDATE_REQUEST = script(`
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' or string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`);

/**
 * KEYS: request, code. ARGV: head of the version expected, tombstone, least TTL of the tombstone in ms, value of the code
 * (empty = none), TTL of the code in ms. 1 = completed, now or by the same attempt before.
 */
const COMPLETE_REQUEST = script(`
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' then return 0 end
if value == ARGV[2] then return 1 end
if string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
local ttl = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3]))
if ARGV[4] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl)
return 1`);

/** Sign-ins in progress and their codes. A failover that brings a code back is harmless: the durable insert decides. */
export function createRedisFlows(connection: RedisConnection, keys: RedisKeys, isCluster: boolean): FlowStore {
  return {
    async putRequest(request, ttlSeconds) {
      const value = requestValue(request);
      await connection.run('put_request', (client) =>
        client.set(keys.request(request.id), value, 'PX', millisecondsOf(ttlSeconds), 'NX'),
      );
    },
    async getRequest(id) {
      const reading = connection.run('get_request', (client) => unlessForeign(client.getBuffer(keys.request(id))));
      return stateFromValue(id, await reading);
    },
    async updateRequest(request) {
      const args = [requestHead(request.version), requestValue({ ...request, version: request.version + 1 })];
      const reply = await connection.run('update_request', (client) =>
        runScript(client, UPDATE_REQUEST, [keys.request(request.id)], args),
      );
      return reply === 1;
    },
    async completeRequest({ id, version, authorization, codeTtlSeconds, attemptId }) {
      const args = [
        requestHead(version),
        tombstoneValue(attemptId),
        millisecondsOf(tombstoneTtlSeconds(codeTtlSeconds)),
        authorization === undefined ? '' : codeValue(authorization),
        millisecondsOf(codeTtlSeconds),
      ];
      const reply = await connection.run('complete_request', (client) =>
        runScript(client, COMPLETE_REQUEST, [keys.request(id), keys.code(id)], args),
      );
      return reply === 1;
    },
    async findCodes(ids) {
      if (ids.length === 0) return [];
      return connection.run('find_codes', async (client) => {
        const [codes, ofDevices] = await Promise.all([
          readAll(
            client,
            ids.map((id) => keys.code(id)),
            isCluster,
          ),
          Promise.all(ids.map((id) => findDeviceCode(client, keys, id))),
        ]);
        return ids.map((_, index) => codeFromValue(codes[index]) ?? ofDevices[index]);
      });
    },
  };
}

/** The keys of a Cluster lie on different nodes; elsewhere one command reads them all. A foreign value is null. */
async function readAll(
  client: RedisCommands,
  names: readonly string[],
  isCluster: boolean,
): Promise<readonly (string | null)[]> {
  if (!isCluster) return client.mget(...names);
  return Promise.all(names.map((name) => unlessForeign(client.get(name))));
}

async function findDeviceCode(client: RedisCommands, keys: RedisKeys, id: string): Promise<Authorization | undefined> {
  const userCode = userCodeOf(id);
  return userCode === undefined ? undefined : readDeviceCode(client, keys.device(userCode), id);
}
