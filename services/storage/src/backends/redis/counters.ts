import type { AttemptCount, AttemptToCount } from '@tessera/contracts';
import type { CounterStore } from '../../ports.ts';
import type { RedisConnection } from './connection.ts';
import type { RedisKeys } from './keys.ts';
import { millisecondsOf } from './milliseconds.ts';
import { runScript, script } from './scripts.ts';
import { USED_VALUE } from './values.ts';

/**
 * KEYS: attempts. ARGV: window in ms. Gives the attempts of the window and what is left of it in ms. The first attempt
 * alone sets the window's end. -1 attempts = a foreign value, which must not pass for none; it gets a window to leave in.
 */
const COUNT_ATTEMPT = script(`
local value = redis.pcall('GET', KEYS[1])
if value == false then
  redis.call('SET', KEYS[1], 'attempts:1', 'PX', ARGV[1])
  return {1, tonumber(ARGV[1])}
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
local count = type(value) == 'string' and tonumber(string.match(value, '^attempts:(%d+)$'))
if not count then return {-1, left} end
redis.call('SET', KEYS[1], string.format('attempts:%.0f', count + 1), 'KEEPTTL')
return {count + 1, left}`);

/**
 * Values used once, and counted attempts. A failover to a replica that has not heard of a use or a count forgets it: for
 * what is left of its lifetime (minutes: as long as the assertion or proof is valid), a value stolen in that moment could
 * be used once more, and a window begins anew. What the replica missed is what was written in the moment before.
 */
export function createRedisCounters(connection: RedisConnection, keys: RedisKeys): CounterStore {
  return {
    async consumeOnce(values) {
      if (values.length === 0) return [];
      const replies = await connection.run('consume_once', (client) =>
        Promise.all(
          values.map(({ scope, value, ttlSeconds }) =>
            client.set(keys.used(scope, value), USED_VALUE, 'PX', millisecondsOf(ttlSeconds), 'NX'),
          ),
        ),
      );
      return replies.map((reply) => reply === 'OK');
    },
    async countAttempts(attempts) {
      if (attempts.length === 0) return [];
      const replies = await connection.run('count_attempts', (client) =>
        Promise.all(
          attempts.map(({ key, windowSeconds }) =>
            runScript(client, COUNT_ATTEMPT, [keys.attempts(key)], [millisecondsOf(windowSeconds)]),
          ),
        ),
      );
      return attempts.map((attempt, index) => countOf(attempt, replies[index]));
    },
    async forgetAttempts(forgotten) {
      if (forgotten.length === 0) return;
      await connection.run('forget_attempts', (client) =>
        Promise.all(forgotten.map((key) => client.del(keys.attempts(key)))),
      );
    },
  };
}

function countOf({ limit }: AttemptToCount, reply: unknown): AttemptCount {
  const [count = -1, leftMs = 0]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const isKnown = typeof count === 'number' && count > 0;
  const isAllowed = isKnown && count <= limit;
  const retryAfterSeconds = isAllowed ? 0 : Math.max(1, Math.ceil(Number(leftMs) / 1000));
  return { count: isKnown ? count : limit + 1, isAllowed, retryAfterSeconds };
}
