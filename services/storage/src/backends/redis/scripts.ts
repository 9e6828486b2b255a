import { createHash } from 'node:crypto';
import type { RedisCommands } from './client.ts';
import { replyOf } from './errors.ts';

/**
 * A Lua script and the SHA-1 under which the server caches it. Scripts read by `pcall`: a value of another type is foreign
 * and not an error.
 */
export interface RedisScript {
  readonly lua: string;
  readonly sha: string;
}

/** A script of this text. */
export function script(lua: string): RedisScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script by its hash, by its text when the server does not know it. Strings of the reply are buffers. */
export async function runScript(
  client: RedisCommands,
  { sha, lua }: RedisScript,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await client.callBuffer('evalsha', sha, keys.length, ...keys, ...args);
  } catch (thrown) {
    if (!replyOf(thrown).startsWith('NOSCRIPT')) throw thrown;
    return client.callBuffer('eval', lua, keys.length, ...keys, ...args);
  }
}
