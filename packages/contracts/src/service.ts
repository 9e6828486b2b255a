import type { HttpHandler, RouteName } from '@tessera/http';
import type { RpcBinding } from '@tessera/rpc';

/** The services of this version. */
export const serviceNames = ['authorize', 'token', 'keys', 'federation', 'storage', 'events'] as const;

/** Name of a service: its folder, its certificate and its `--target`. */
export type ServiceName = (typeof serviceNames)[number];

/** A running service, whatever it runs in: its own process, or one with all the others. */
export interface Service {
  readonly name: ServiceName;
  /** Public routes it answers. */
  readonly handlers: Readonly<Partial<Record<RouteName, HttpHandler>>>;
  /** What it offers the other services. */
  readonly bindings: readonly RpcBinding[];
  /** Settles when it can do its work (its neighbours answered, its keys are loaded); never rejects, but keeps trying. */
  ready(): Promise<void>;
  /** Stops background work and closes its own connections. Requests have ended before. */
  close(): Promise<void>;
}
