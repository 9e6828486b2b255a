import { Server, type sendUnaryData } from '@grpc/grpc-js';
import { TesseraError, unavailable } from '@tessera/errors';
import { createRequestId, type Logger, parseRequestId, runInContext, withSpan } from '@tessera/telemetry';
import { assertTimeLeft } from './deadline.ts';
import { type RpcDefinition, type RpcMethods, serviceName, type UnaryMethod } from './definition.ts';
import { notReady, statusOfError } from './error-wire.ts';
import { createHealth } from './health.ts';
import { type CallerOf, createCallerOf, type IncomingCall, textOf } from './peer-identity.ts';
import { addReflection } from './reflection.ts';
import { type StallWatch, watchStalls } from './stall-watch.ts';
import { type RpcSecurity, serverCredentials } from './tls.ts';

/** A gRPC service, what implements it, and who may call it. */
export interface RpcBinding<D extends RpcDefinition = RpcDefinition> {
  readonly definition: D;
  readonly methods: RpcMethods<D>;
  /** Names of the services that may call it; everybody else is refused. */
  readonly allowedCallers: readonly string[];
  /** Methods that only these of the allowed callers may call; a method without an entry is open to all of them. */
  readonly methodCallers?: { readonly [K in keyof D]?: readonly string[] };
}

/** Ties a definition to its implementation with their types checked against one another. */
export function bindRpc<D extends RpcDefinition>(binding: RpcBinding<D>): RpcBinding {
  return binding as unknown as RpcBinding;
}

/** What a server is made of. */
export interface RpcServerOptions {
  /** Name of the service that listens. */
  readonly service: string;
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly security: RpcSecurity;
  readonly bindings: readonly RpcBinding[];
  readonly logger: Logger;
  /** Asked before each call; while it says no, the call is refused so that another replica may take it. Default: yes. */
  readonly isReady?: () => boolean;
  /**
   * Age after which a connection is given back, in milliseconds, so that clients look the name up again and find replicas
   * that were added. Calls are not disturbed. Default 60,000.
   */
  readonly maxConnectionAgeMs?: number;
}

/** A listening server. */
export interface RpcServer {
  readonly port: number;
  /** Health of the whole server and of each service, as `grpc.health.v1` reports it. */
  setServing(isServing: boolean): void;
  /** Stops taking calls and waits for those in flight, `graceMs` at most. */
  close(graceMs: number): Promise<void>;
}

/** Time kept back from a caller's deadline, so that this side can still say which of its own calls was late. */
const DEADLINE_MARGIN_MS = 20;
/** Of a short deadline, no more than this part is kept back. */
const LARGEST_MARGIN = 0.2;
const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_CONNECTION_AGE_MS = 60_000;
/** Longer than any call takes, those that wait for a change included. */
const CONNECTION_AGE_GRACE_MS = 60_000;
/** Requests are batches of bounded size; answers may be whole lists, as that of all clients. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Listens for the other services. Throws when the address is taken or a certificate cannot be read. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
    'grpc.max_send_message_length': MAX_ANSWER_BYTES,
    'grpc.max_connection_age_ms': options.maxConnectionAgeMs ?? DEFAULT_CONNECTION_AGE_MS,
    'grpc.max_connection_age_grace_ms': CONNECTION_AGE_GRACE_MS,
  });
  const names = options.bindings.map((binding) => serviceName(binding.definition));
  const health = createHealth(names);
  const callerOf = createCallerOf(options.security);
  const stalls = watchStalls();
  for (const binding of options.bindings) {
    server.addService(
      serializedDefinition(binding) as never,
      handlers(binding, { callerOf, stalls, options }) as never,
    );
  }
  health.addTo(server);
  addReflection(server);
  const { credentials, close: closeCredentials } = serverCredentials(options.security, options.service);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.listen, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  }).catch((error: unknown) => {
    closeCredentials();
    throw error;
  });
  return {
    port,
    setServing: (isServing) => health.setServing(isServing),
    close: (graceMs) => {
      health.setServing(false);
      stalls.close();
      closeCredentials();
      return closeServer(server, graceMs);
    },
  };
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const drained = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  const timer = setTimeout(() => server.forceShutdown(), graceMs);
  await drained;
  clearTimeout(timer);
}

/** The handlers hand over bytes, so that an answer that cannot be serialised is a failure of the call like any other. */
function serializedDefinition({ definition }: RpcBinding): RpcDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      { ...method, responseSerialize: (bytes: Buffer) => bytes },
    ]),
  );
}

/** What stands between a call and its method. */
interface Reception {
  readonly callerOf: CallerOf;
  readonly stalls: StallWatch;
  readonly options: RpcServerOptions;
}

type Handler = (call: IncomingCall, callback: sendUnaryData<Buffer>) => void;

function handlers(
  binding: RpcBinding,
  { callerOf, stalls, options: { service, logger, isReady } }: Reception,
): Record<string, Handler> {
  return Object.fromEntries(
    Object.entries(binding.definition).map(([name, method]) => {
      const work = binding.methods[name] as (request: unknown) => Promise<unknown>;
      const narrowed = binding.methodCallers?.[name] ?? binding.allowedCallers;
      const allowed = new Set(binding.allowedCallers.filter((caller) => narrowed.includes(caller)));
      const handler: Handler = (call, callback) => {
        const caller = callerOf(call);
        if (allowed.has(caller)) {
          if (isReady?.() === false) {
            callback(statusOfError(notReady(service)));
            return;
          }
          void answer({ call, method, work, caller, settled: stalls.settled() }, logger, callback);
          return;
        }
        logger.warn({ method: method.path, caller, peer: call.getPeer() }, 'caller refused');
        callback(statusOfError(callerRefused(method)));
      };
      return [name, handler];
    }),
  );
}

function callerRefused(method: UnaryMethod): TesseraError {
  return new TesseraError({
    kind: 'permission_denied',
    code: 'rpc.caller_not_allowed',
    message: `the caller may not call ${method.path}`,
  });
}

interface Incoming {
  readonly call: IncomingCall;
  readonly method: UnaryMethod;
  readonly work: (request: unknown) => Promise<unknown>;
  readonly caller: string;
  /** Set after a standstill: when it is known whether the caller still waits. */
  readonly settled: Promise<void> | undefined;
}

/** Never rejects: a rejection nobody takes would end the process. */
async function answer(incoming: Incoming, logger: Logger, callback: sendUnaryData<Buffer>): Promise<void> {
  let response: Buffer;
  try {
    response = await handle(incoming, logger);
  } catch (thrown) {
    callback(statusOfError(TesseraError.from(thrown)));
    return;
  }
  callback(null, response);
}

async function handle({ call, method, work, caller, settled }: Incoming, logger: Logger): Promise<Buffer> {
  if (settled !== undefined) {
    await settled;
    if (call.cancelled) throw unavailable('rpc.given_up', `the caller of ${method.path} has given up`);
  }
  const requestId = parseRequestId(textOf(call.metadata, 'x-request-id')) ?? createRequestId();
  const remainingMs = remaining(call);
  const marginMs = Math.min(DEADLINE_MARGIN_MS, remainingMs * LARGEST_MARGIN);
  const deadlineMs = performance.now() + remainingMs - marginMs;
  return runInContext({ requestId, deadlineMs, caller }, () =>
    withSpan({ name: method.path, role: 'server', parent: textOf(call.metadata, 'traceparent') }, async () => {
      try {
        assertTimeLeft(deadlineMs, method.path);
        return method.responseSerialize((await work(call.request)) as never);
      } catch (thrown) {
        const error = TesseraError.from(thrown);
        if (error.kind === 'internal') logger.error({ method: method.path, err: thrown }, 'call failed');
        throw error;
      }
    }),
  );
}

/** Milliseconds until the caller stops waiting. */
function remaining(call: IncomingCall): number {
  const deadline = call.getDeadline();
  const at = deadline instanceof Date ? deadline.getTime() : deadline;
  return Number.isFinite(at) ? at - Date.now() : DEFAULT_DEADLINE_MS;
}
