import type { TesseraConfig } from '@tessera/config';
import { type ServiceName, serviceNames } from '@tessera/contracts';
import { routeTable } from '@tessera/http';
import { CommandFailure } from '../command-line/failure.ts';
import { dependencies } from './neighbours.ts';
import type { Targets } from './targets.ts';

/** An HTTP listener to open. */
export interface HttpListen {
  readonly address: string;
  /** What says so, for messages: a configuration key or a flag. */
  readonly source: string;
  readonly isTls: boolean;
  /** Services whose routes it answers; it answers `/healthz` in any case. */
  readonly services: readonly ServiceName[];
}

/** A gRPC listener to open. */
export interface RpcListen {
  readonly address: string;
  readonly source: string;
  readonly service: ServiceName;
}

/** Everything a process listens on. */
export interface ListenPlan {
  readonly http: readonly HttpListen[];
  readonly rpc: readonly RpcListen[];
}

/** Addresses of the command line, for a process with one service. */
export interface ListenOverrides {
  readonly http?: string | undefined;
  readonly grpc?: string | undefined;
}

/** Services that offer something to the others. */
const rpcServices: ReadonlySet<ServiceName> = new Set(['token', 'keys', 'federation', 'storage']);
const publicServices: ReadonlySet<ServiceName> = new Set(Object.values(routeTable).map(({ service }) => service));

/**
 * Which addresses a process opens. The whole issuer listens on `web`, and never for gRPC. Separate services listen where
 * `services.<name>` says; services with the same HTTP address share a listener.
 * Throws CommandFailure when a needed address is not configured.
 */
export function planListeners(config: TesseraConfig, targets: Targets, overrides: ListenOverrides = {}): ListenPlan {
  if (targets.isWhole) return { http: wholeListeners(config, targets), rpc: [] };
  const isAlone = targets.services.length === 1;
  if (!isAlone && (overrides.http ?? overrides.grpc) !== undefined) {
    throw new CommandFailure('--http and --grpc are for a process with one target. Configure services.<name> instead.');
  }
  const http = new Map<string, HttpListen>();
  const rpc: RpcListen[] = [];
  for (const service of targets.services) {
    for (const listen of httpOf(config, service, overrides.http)) {
      const shared = http.get(listen.address);
      http.set(listen.address, shared ? { ...shared, services: [...shared.services, service] } : listen);
    }
    rpc.push(...rpcOf(config, service, overrides.grpc, targets));
  }
  return { http: [...http.values()], rpc };
}

function wholeListeners({ web }: TesseraConfig, { services }: Targets): readonly HttpListen[] {
  return [
    ...(web.http === undefined ? [] : [{ address: web.http, source: 'web.http', isTls: false, services }]),
    ...(web.https === undefined ? [] : [{ address: web.https, source: 'web.https', isTls: true, services }]),
  ];
}

function httpOf(config: TesseraConfig, service: ServiceName, override: string | undefined): readonly HttpListen[] {
  const source = override === undefined ? `services.${service}.http` : '--http';
  const address = override ?? config.services[service].http;
  if (address !== undefined) return [{ address, source, isTls: false, services: [service] }];
  if (!publicServices.has(service)) return [];
  throw new CommandFailure(`${source} is not set: ${service} has to know where to listen for requests.`);
}

function rpcOf(
  config: TesseraConfig,
  service: ServiceName,
  override: string | undefined,
  targets: Targets,
): readonly RpcListen[] {
  if (!rpcServices.has(service)) return [];
  const source = override === undefined ? `services.${service}.grpc` : '--grpc';
  const address = override ?? config.services[service].grpc;
  if (address !== undefined) return [{ address, source, service }];
  if (!isCalledFromOutside(config, service, targets)) return [];
  throw new CommandFailure(`${source} is not set: ${service} has to know where to listen for the other services.`);
}

function isCalledFromOutside({ events }: TesseraConfig, service: ServiceName, { services }: Targets): boolean {
  const others = serviceNames.filter((name) => !services.includes(name) && (name !== 'events' || events !== undefined));
  return others.some((name) => dependencies[name].includes(service));
}
