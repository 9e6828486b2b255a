import { createHash } from 'node:crypto';

/** A Lua script and the SHA-1 under which the server caches it. */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

function script(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** KEYS: request. ARGV: head of the version expected, the value with the next version. 1 = replaced; the TTL stays. */
export const UPDATE_REQUEST = script(`
local value = redis.call('GET', KEYS[1])
if not value or string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`);

/**
 * KEYS: request, code. ARGV: head of the version expected, tombstone, least TTL of the tombstone in ms, value of the code
 * (empty = none), TTL of the code in ms. 1 = completed, now or by the same attempt before.
 */
export const COMPLETE_REQUEST = script(`
local value = redis.call('GET', KEYS[1])
if not value then return 0 end
if value == ARGV[2] then return 1 end
if string.sub(value, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
local ttl = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[3]))
if ARGV[4] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ttl)
return 1`);
