import { unavailable } from '@tessera/errors';
import type { RpcBinding } from '@tessera/rpc';

/** Methods whose answer may wait for a change; nobody loses anything when they end without one. */
const waitingMethods: ReadonlySet<string> = new Set(['listClients', 'getPublicKeys']);

type Method = RpcBinding['methods'][string];

/**
 * The same bindings, but calls that wait for a change end with `unavailable` from the moment of draining on, so that they
 * do not hold the process up: whoever follows asks another replica.
 */
export function endWaitingWhenDraining(bindings: readonly RpcBinding[], draining: AbortSignal): readonly RpcBinding[] {
  return bindings.map((binding) => {
    const methods = Object.entries(binding.methods).map(([name, method]): [string, Method] =>
      waitingMethods.has(name) ? [name, untilDraining(method, draining)] : [name, method],
    );
    return { ...binding, methods: Object.fromEntries(methods) };
  });
}

function untilDraining(method: Method, draining: AbortSignal): Method {
  return (request) =>
    new Promise((resolve, reject) => {
      const refuse = (): void => reject(unavailable('process.draining', 'this replica stops'));
      if (draining.aborted) {
        refuse();
        return;
      }
      draining.addEventListener('abort', refuse);
      void method(request)
        .then(resolve, reject)
        .finally(() => draining.removeEventListener('abort', refuse));
    });
}
