import type { GatewayOptions } from '../gateway-options.ts';

/**
 * nginx inside a cluster that has no gateway of its own, as on a developer's machine. Services have one address each,
 * whatever their replicas. A NodePort shows the address of a node for everybody's, so that no address has bounds.
 */
export const clusterGateway: GatewayOptions = {
  listen: '5556',
  basePath: '/dex',
  authority: '127.0.0.1:5556',
  upstreams: {
    authorize: ['tessera-authorize-http:8080'],
    token: ['tessera-token-http:8080'],
    keys: ['tessera-keys-http:8080'],
  },
  accessLog: '/dev/stdout',
  probes: '5559',
  workers: 2,
  oldestNginx: '1.28',
};
