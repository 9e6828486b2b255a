import type { Authorization, DevicePollState } from '@tessera/contracts';
import type { DeviceStore } from '../../ports.ts';
import { SLOW_DOWN_SECONDS } from '../../rules/device-polling.ts';
import type { RedisCommands } from './client.ts';
import type { RedisConnection } from './connection.ts';
import { unlessForeign } from './errors.ts';
import type { RedisKeys } from './keys.ts';
import { millisecondsOf } from './milliseconds.ts';
import { runScript, script } from './scripts.ts';
import { codeFromValue, codeValue } from './values.ts';

// A device request is one hash, with its type in a field (N20) and its code too: what belongs together moves together.

/** KEYS: device. ARGV: device id, client, payload, lifetime in ms, interval in ms. 1 = it stands under this device id. */
const PUT_DEVICE = script(`
local known = redis.pcall('HMGET', KEYS[1], 'type', 'id')
if known.err then return 0 end
if redis.call('EXISTS', KEYS[1]) == 1 then
  return known[1] == 'device' and known[2] == ARGV[1] and 1 or 0
end
local time = redis.call('TIME')
local expires = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[4])
redis.call('HSET', KEYS[1], 'type', 'device', 'id', ARGV[1], 'client', ARGV[2], 'payload', ARGV[3],
  'expires', expires, 'interval', ARGV[5], 'state', 'pending')
redis.call('PEXPIREAT', KEYS[1], expires)
return 1`);

/** KEYS: device. ARGV: attempt, state, value of the code (empty = none). 1 = decided, now or by this attempt before. */
const DECIDE_DEVICE = script(`
local device = redis.pcall('HMGET', KEYS[1], 'type', 'state', 'attempt')
if device.err or device[1] ~= 'device' then return 0 end
if device[2] ~= 'pending' then return device[3] == ARGV[1] and 1 or 0 end
redis.call('HSET', KEYS[1], 'attempt', ARGV[1], 'state', ARGV[2], 'code', ARGV[3])
return 1`);

/** KEYS: device. ARGV: device id, client, what a poll that comes too early adds to the interval in ms. Gives the state. */
const POLL_DEVICE = script(`
local device = redis.pcall('HMGET', KEYS[1], 'type', 'id', 'client', 'state', 'interval', 'next')
if device.err or device[1] ~= 'device' or device[2] ~= ARGV[1] or device[3] ~= ARGV[2] then return 'unknown' end
if device[4] ~= 'pending' then return device[4] end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local early = device[6] and now < tonumber(device[6])
local interval = device[5] + (early and ARGV[3] or 0)
redis.call('HSET', KEYS[1], 'interval', interval, 'next', string.format('%.0f', now + interval))
return early and 'slow_down' or 'pending'`);

/** Device requests. */
export function createRedisDevices(connection: RedisConnection, keys: RedisKeys): DeviceStore {
  return {
    async putDevice({ userCode, deviceId, clientId, payload, ttlSeconds, intervalSeconds }) {
      const times = [millisecondsOf(ttlSeconds), millisecondsOf(intervalSeconds)];
      const reply = await connection.run('put_device', (client) =>
        runScript(client, PUT_DEVICE, [keys.device(userCode)], [deviceId, clientId, Buffer.from(payload), ...times]),
      );
      return reply === 1;
    },
    async findDevice(userCode) {
      const [type, state, clientId, payload, expires] =
        (await connection.run('find_device', (client) =>
          unlessForeign(client.hmgetBuffer(keys.device(userCode), 'type', 'state', 'client', 'payload', 'expires')),
        )) ?? [];
      if (type?.toString() !== 'device' || state?.toString() !== 'pending') return undefined;
      if (!clientId || !payload || !expires) return undefined;
      const expiresAt = new Date(Number(expires.toString()));
      return { userCode, clientId: clientId.toString(), payload: new Uint8Array(payload), expiresAt };
    },
    async decideDevice({ userCode, authorization, attemptId }) {
      const decision = authorization === undefined ? ['denied', ''] : ['approved', codeValue(authorization)];
      const reply = await connection.run('decide_device', (client) =>
        runScript(client, DECIDE_DEVICE, [keys.device(userCode)], [attemptId, ...decision]),
      );
      return reply === 1;
    },
    async pollDevice({ userCode, deviceId, clientId }) {
      const args = [deviceId, clientId, millisecondsOf(SLOW_DOWN_SECONDS)];
      const reply = await connection.run('poll_device', (client) =>
        runScript(client, POLL_DEVICE, [keys.device(userCode)], args),
      );
      return POLL_STATES.find((state) => state === String(reply)) ?? 'unknown';
    },
  };
}

const POLL_STATES: readonly DevicePollState[] = ['pending', 'slow_down', 'denied', 'approved'];

/** What a device id stands for once its request was approved. */
export async function readDeviceCode(
  client: RedisCommands,
  name: string,
  deviceId: string,
): Promise<Authorization | undefined> {
  const [type, id, code] = (await unlessForeign(client.hmget(name, 'type', 'id', 'code'))) ?? [];
  return type === 'device' && id === deviceId ? codeFromValue(code) : undefined;
}
