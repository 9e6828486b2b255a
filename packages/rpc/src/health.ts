import { type Server, type ServiceDefinition, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus,
  type HealthServer,
  HealthService,
  type HealthCheckResponse_ServingStatus as ServingStatus,
} from '@tessera/proto/grpc/health/v1/health';

/** What a server says of its own health, by gRPC's contract `grpc.health.v1`. */
export interface Health {
  /** Of the server and of each of its services. Whoever watches is told. */
  setServing(isServing: boolean): void;
  addTo(server: Server): void;
}

/** Callers that watch at a time; others are told to come later. */
const MAX_WATCHERS = 100;

/** The health of a server with services of these names, which does not serve yet. */
export function createHealth(names: readonly string[]): Health {
  const known = new Set(['', ...names]);
  const watchers = new Set<() => void>();
  let current: ServingStatus = HealthCheckResponse_ServingStatus.NOT_SERVING;
  const methods: HealthServer = {
    check({ request: { service } }, callback) {
      if (known.has(service)) callback(null, { status: current });
      else callback({ code: status.NOT_FOUND, details: 'this server has no service of that name' });
    },
    list(_call, callback) {
      callback(null, { statuses: Object.fromEntries([...known].map((name) => [name, { status: current }])) });
    },
    watch(call) {
      if (watchers.size >= MAX_WATCHERS) {
        call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'too many callers watch' });
        return;
      }
      const isKnown = known.has(call.request.service);
      const tell = (): void => {
        if (isKnown) call.write({ status: current });
      };
      if (isKnown) tell();
      else call.write({ status: HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN });
      watchers.add(tell);
      // A watcher ends with its connection too.
      call.once('cancelled', () => watchers.delete(tell));
    },
  };
  return {
    setServing(isServing) {
      const next = isServing
        ? HealthCheckResponse_ServingStatus.SERVING
        : HealthCheckResponse_ServingStatus.NOT_SERVING;
      if (next === current) return;
      current = next;
      for (const tell of watchers) tell();
    },
    addTo(server) {
      server.addService(HealthService as ServiceDefinition, methods as unknown as UntypedServiceImplementation);
    },
  };
}
