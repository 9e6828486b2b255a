import { stringify } from 'yaml';
import { fullPath, pathMatches, publicServices, REQUEST_TIMEOUT_SECONDS, untrustedHeaders } from '../public-routes.ts';
import type { KubernetesRoutes } from './kubernetes-routes.ts';

/**
 * The route table as an HTTPRoute of Gateway API v1, a rule for each service. Names nothing that is not in the standard
 * channel, so that every implementation takes it.
 */
export function httpRoutes({ basePath, hostname, gateway }: KubernetesRoutes): string {
  const timeout = `${REQUEST_TIMEOUT_SECONDS}s`;
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'tessera' },
    spec: {
      parentRefs: [{ name: gateway }],
      hostnames: [hostname],
      rules: publicServices.map((service) => ({
        matches: pathMatches.flatMap((match) => {
          const value = fullPath(basePath, match);
          return match.service === service && value !== undefined ? [{ path: { type: match.type, value } }] : [];
        }),
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: untrustedHeaders } }],
        backendRefs: [{ name: `tessera-${service}-http`, port: 8080 }],
        timeouts: { request: timeout, backendRequest: timeout },
      })),
    },
  };
  return `# Made from the route table by npm run generate. Changes are lost.\n${stringify(route, { aliasDuplicateObjects: false })}`;
}
