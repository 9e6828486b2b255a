import { connectivityState } from '@grpc/grpc-js';
import { storeUnavailable } from '../../rules/store-errors.ts';
import type { EtcdEndpoint } from './endpoint.ts';

/** The members of the cluster, of which calls use one for as long as it answers. */
export interface Members {
  /** One that is connected. Rejects with `unavailable` soon where none is. */
  pick(): Promise<EtcdEndpoint>;
  /** Prefers others for a while. */
  avoid(endpoint: EtcdEndpoint): void;
  close(): void;
}

/** How long a call waits for a connection that is being made. */
const CONNECT_PATIENCE_MS = 1000;
const AVOID_MS = 3000;

/** @param endpoints at least one */
export function createMembers(endpoints: readonly EtcdEndpoint[]): Members {
  const avoidedUntilMs = new Map<EtcdEndpoint, number>();
  let current = 0;
  let connecting: Promise<EtcdEndpoint> | undefined;

  const isAvoided = (endpoint: EtcdEndpoint): boolean => (avoidedUntilMs.get(endpoint) ?? 0) > performance.now();
  const inTurn = (): EtcdEndpoint[] => [...endpoints.slice(current), ...endpoints.slice(0, current)];
  const use = (endpoint: EtcdEndpoint): EtcdEndpoint => {
    current = endpoints.indexOf(endpoint);
    return endpoint;
  };
  const untilConnected = async (): Promise<EtcdEndpoint> => {
    try {
      return await Promise.any(
        endpoints.map(async (endpoint) => {
          await endpoint.connected(CONNECT_PATIENCE_MS);
          return endpoint;
        }),
      );
    } catch (thrown) {
      throw storeUnavailable('etcd', thrown instanceof AggregateError ? thrown.errors[0] : thrown);
    } finally {
      connecting = undefined;
    }
  };
  return {
    async pick() {
      // Asking for the state starts the connecting, so every one is asked.
      const ready = inTurn().filter((endpoint) => endpoint.state() === connectivityState.READY);
      const best = ready.find((endpoint) => !isAvoided(endpoint)) ?? ready[0];
      if (best !== undefined) return use(best);
      connecting ??= untilConnected();
      return use(await connecting);
    },
    avoid(endpoint) {
      avoidedUntilMs.set(endpoint, performance.now() + AVOID_MS);
    },
    close() {
      for (const endpoint of endpoints) endpoint.close();
    },
  };
}
