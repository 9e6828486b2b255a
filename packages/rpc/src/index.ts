export { type BatcherOptions, createBatcher, failed, type Outcome, succeeded } from './batcher.ts';
export { createChannel, type RpcChannel, type RpcChannelOptions } from './channel.ts';
export { createRpcClient, type RpcClientOptions } from './client.ts';
export { assertTimeLeft, callDeadlineMs } from './deadline.ts';
export { type RequestOf, type ResponseOf, type RpcDefinition, type RpcMethods, serviceName } from './definition.ts';
export { errorFromWire, errorToWire } from './error-wire.ts';
export { bindRpc, type RpcBinding, type RpcServer, type RpcServerOptions, startRpcServer } from './server.ts';
export { certificateName, type RpcSecurity, type TlsFiles } from './tls.ts';
