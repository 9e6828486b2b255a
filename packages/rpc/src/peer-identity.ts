import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { type RpcSecurity, serviceOfCertificate } from './tls.ts';

/** A call as the server meets it. */
export type IncomingCall = ServerUnaryCall<unknown, unknown>;

/** Tells which service makes a call; empty = none that can be believed. */
export type CallerOf = (call: IncomingCall) => string;

/**
 * Who calls: by certificate; on a plaintext listener by its word, which only keeps wiring honest (N93). A certificate is
 * parsed once a connection, since parsing costs as much as the rest of a call. It is remembered by the connection
 * itself, never by its address, and forgotten with it.
 */
export function createCallerOf(security: RpcSecurity): CallerOf {
  if (security.type === 'plaintext') return (call) => textOf(call.metadata, 'tessera-caller') ?? '';
  const known = new WeakMap<object, string>();
  return (call) => {
    const connection = connectionOf(call);
    const remembered = connection === undefined ? undefined : known.get(connection);
    if (remembered !== undefined) return remembered;
    const service = serviceOfCertificate(call.getAuthContext().sslPeerCertificate?.subjectaltname) ?? '';
    if (connection !== undefined && service !== '') known.set(connection, service);
    return service;
  };
}

/** A header sent once as text; undefined otherwise. */
export function textOf(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** The HTTP/2 session below a call, which grpc-js does not hand out; undefined when it is not where it used to be. */
function connectionOf(call: IncomingCall): object | undefined {
  const stream = member(member(call, 'call'), 'stream');
  return member(stream, 'session');
}

function member(value: object | undefined, name: string): object | undefined {
  const found: unknown = value === undefined ? undefined : Reflect.get(value, name);
  return typeof found === 'object' && found !== null ? found : undefined;
}
