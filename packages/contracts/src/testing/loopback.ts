import { createChannel, type RpcBinding, type RpcChannel, startRpcServer } from '@tessera/rpc';
import { silentLogger } from '@tessera/telemetry';

/** Bindings offered over a real gRPC connection within this process. */
export interface Loopback extends AsyncDisposable {
  /** A connection as the given service. */
  as(caller: string): RpcChannel;
}

/** Offers bindings on a free port of 127.0.0.1, in plaintext: who calls is what it says. */
export async function startLoopback(bindings: readonly RpcBinding[]): Promise<Loopback> {
  const security = { type: 'plaintext' } as const;
  const server = await startRpcServer({
    service: 'test',
    listen: '127.0.0.1:0',
    security,
    bindings,
    logger: silentLogger,
  });
  const channels: RpcChannel[] = [];
  return {
    as(caller) {
      const channel = createChannel({ caller, target: 'test', addresses: [`127.0.0.1:${server.port}`], security });
      channels.push(channel);
      return channel;
    },
    async [Symbol.asyncDispose]() {
      for (const channel of channels) channel.close();
      await server.close(0);
    },
  };
}
