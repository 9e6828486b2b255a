import type { EntryStore } from '../../ports.ts';
import type { RedisConnection } from './connection.ts';
import type { RedisKeys } from './keys.ts';
import { millisecondsOf } from './milliseconds.ts';
import { runScript, script } from './scripts.ts';
import { entryHead, entryValue, payloadOfEntry } from './values.ts';

/** KEYS: entry. ARGV: heads of the value that may be taken, one for this owner and one for everybody. Gives the value. */
const TAKE_ENTRY = script(`
local value = redis.pcall('GET', KEYS[1])
if type(value) ~= 'string' then return false end
for _, head in ipairs(ARGV) do
  if string.sub(value, 1, #head) == head then
    redis.call('DEL', KEYS[1])
    return value
  end
end
return false`);

/**
 * Entries that are put once and taken once. A failover to a replica that has not heard of the taking brings the entry back
 * for what is left of its lifetime (minutes), so that it could be taken once more. That alone gives nothing away: a pushed
 * request is bound to its client and leads to a sign-in like any other, and an upstream's code is taken by the upstream
 * only once.
 */
export function createRedisEntries(connection: RedisConnection, keys: RedisKeys): EntryStore {
  return {
    async putEntry(entry, payload, ttlSeconds) {
      const [name, value] = [keys.entry(entry.kind, entry.id), entryValue(entry, payload)];
      await connection.run('put_entry', (client) => client.set(name, value, 'PX', millisecondsOf(ttlSeconds), 'NX'));
    },
    async takeEntry(entry) {
      const heads = [entryHead(entry), entryHead({ ...entry, owner: '' })];
      const value = await connection.run('take_entry', (client) =>
        runScript(client, TAKE_ENTRY, [keys.entry(entry.kind, entry.id)], heads),
      );
      return Buffer.isBuffer(value) ? payloadOfEntry(value) : undefined;
    },
  };
}
