import { type RedisServer, waitFor } from '@tessera/testkit';

/** Waits until `seconds` have passed by the clock of a Redis server, which decides about lifetimes. */
export async function passOnServer(server: RedisServer, seconds: number): Promise<void> {
  // One more for what the server rounds to milliseconds.
  const end = (await microsecondsOf(server)) + (seconds * 1000 + 1) * 1000;
  const isOver = async (): Promise<boolean> => (await microsecondsOf(server)) > end;
  await waitFor(isOver, { what: `${seconds} seconds to pass`, timeoutMs: (seconds + 10) * 1000, intervalMs: 50 });
}

async function microsecondsOf(server: RedisServer): Promise<number> {
  const [seconds, microseconds] = (await server.cli('TIME')).split('\n').map(Number);
  return (seconds ?? Number.NaN) * 1_000_000 + (microseconds ?? Number.NaN);
}

/** The least rights with which the store works, as rules of Redis's access-control list. */
export function leastRights(password: string, prefix: string): readonly string[] {
  const connection = ['client|setname', 'info', 'select', 'cluster|slots', 'cluster|info', 'asking'];
  const data = ['get', 'mget', 'set', 'del', 'pttl', 'pexpire', 'pexpireat', 'exists', 'hset', 'hmget'];
  const scripts = ['eval', 'evalsha', 'time'];
  const commands = [...connection, ...data, ...scripts].map((name) => `+${name}`);
  return ['reset', 'on', `>${password}`, `~${prefix}*`, '-@all', ...commands];
}
