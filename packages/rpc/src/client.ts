import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { type Attributes, context, propagation } from '@opentelemetry/api';
import { currentContext, withSpan } from '@tessera/telemetry';
import type { RpcChannel } from './channel.ts';
import { assertTimeLeft, callDeadlineMs } from './deadline.ts';
import type { RpcDefinition, RpcMethods, UnaryMethod } from './definition.ts';
import { failedCall } from './error-wire.ts';

/** What a client is made of. */
export interface RpcClientOptions<D extends RpcDefinition> {
  readonly definition: D;
  readonly channel: RpcChannel;
  /**
   * Methods that may be sent twice: they are tried again, on another replica, when the first was not reached or lost
   * midway. The others are tried again only when it is certain that no server has begun with them.
   */
  readonly idempotent: readonly (keyof D & string)[];
  /** Deadline of a call whose caller has none. */
  readonly deadlineMs: number;
}

/** Attempts in all, the first included, where a server may have worked on one. */
const MAX_ATTEMPTS = 3;
/**
 * How long a call that no server has seen keeps trying: a little longer than it takes to connect again to a replica that
 * came back, so that the loss of one replica soon after another's return is not a failure.
 */
const UNSEEN_PATIENCE_MS = 1_200;
const RETRY_PAUSE_MS = 25;
const LONGEST_RETRY_PAUSE_MS = 100;

/**
 * The methods of a remote service. They throw TesseraError: the far side's own, or `unavailable` / `deadline_exceeded`
 * when it was not reached in time.
 */
export function createRpcClient<D extends RpcDefinition>(options: RpcClientOptions<D>): RpcMethods<D> {
  const methods = Object.entries(options.definition).map(([name, method]) => {
    const callable = { channel: options.channel, method, isIdempotent: options.idempotent.includes(name) };
    return [name, (request: unknown) => call(callable, request, options.deadlineMs)];
  });
  return Object.fromEntries(methods) as RpcMethods<D>;
}

interface Callable {
  readonly channel: RpcChannel;
  readonly method: UnaryMethod;
  readonly isIdempotent: boolean;
}

async function call(
  { channel, method, isIdempotent }: Callable,
  request: unknown,
  defaultMs: number,
): Promise<unknown> {
  const deadlineMs = callDeadlineMs(defaultMs);
  const attributes: Attributes = { 'rpc.system': 'grpc', 'rpc.method': method.path, 'peer.service': channel.target };
  return withSpan({ name: method.path, role: 'client', attributes }, async () => {
    assertTimeLeft(deadlineMs, method.path);
    const patienceEndsMs = performance.now() + UNSEEN_PATIENCE_MS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(channel, method, request, deadlineMs);
      } catch (thrown) {
        const { error, mayRepeat } = failedCall(thrown as ServiceError, method.path);
        const pauseMs = Math.min(RETRY_PAUSE_MS * attempt, LONGEST_RETRY_PAUSE_MS);
        const nextMs = performance.now() + pauseMs;
        const isWorthIt =
          mayRepeat === 'always'
            ? nextMs < patienceEndsMs
            : mayRepeat === 'if_idempotent' && isIdempotent && attempt < MAX_ATTEMPTS;
        if (!isWorthIt || nextMs >= deadlineMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  });
}

function send(channel: RpcChannel, method: UnaryMethod, request: unknown, deadlineMs: number): Promise<unknown> {
  const deadline = Date.now() + (deadlineMs - performance.now());
  return new Promise((resolve, reject) => {
    channel.client.makeUnaryRequest(
      method.path,
      (message: unknown) => method.requestSerialize(message as never),
      (bytes) => method.responseDeserialize(bytes),
      request,
      callMetadata(channel.caller),
      { deadline },
      (error, response) => (error === null ? resolve(response) : reject(error)),
    );
  });
}

function callMetadata(caller: string): Metadata {
  const metadata = new Metadata();
  metadata.set('tessera-caller', caller);
  const requestId = currentContext()?.requestId;
  if (requestId !== undefined) metadata.set('x-request-id', requestId);
  propagation.inject(context.active(), metadata, { set: (carrier, key, value) => carrier.set(key, value) });
  return metadata;
}
