import { KeysServiceService } from '@tessera/proto/tessera/keys/v1/keys';
import {
  createChannel,
  createRpcClient,
  type RpcBinding,
  type RpcChannelOptions,
  type RpcSecurity,
  type RpcServerOptions,
  startRpcServer,
} from '../index.ts';
import { createRecordingLogger, type KeysMethods } from './fake-keys.ts';

/** Security by the caller's word. */
export const plaintext: RpcSecurity = { type: 'plaintext' };

/** Starts a server of the keys service on a free port of 127.0.0.1. */
export async function startKeys(binding: RpcBinding, options: Partial<RpcServerOptions> = {}) {
  const logger = createRecordingLogger();
  const listen = '127.0.0.1:0';
  const base = { service: 'keys', listen, security: plaintext, logger, bindings: [binding] };
  const server = await startRpcServer({ ...base, ...options });
  return {
    ...server,
    logger,
    address: `127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

/** Dials servers of the keys service as `token`; `sign` may be repeated, nothing else. */
export function dialKeys(
  addresses: readonly string[],
  options: Partial<RpcChannelOptions> & { deadlineMs?: number } = {},
) {
  const { deadlineMs = 5_000, ...around } = options;
  const channel = createChannel({ caller: 'token', target: 'keys', addresses, security: plaintext, ...around });
  const client: KeysMethods = createRpcClient({
    definition: KeysServiceService,
    channel,
    idempotent: ['sign'],
    deadlineMs,
  });
  return { client, channel, [Symbol.dispose]: () => channel.close() };
}
