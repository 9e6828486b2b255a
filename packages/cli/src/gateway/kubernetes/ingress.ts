import { stringify } from 'yaml';
import { fullPath, pathMatches } from '../public-routes.ts';
import type { KubernetesRoutes } from './kubernetes-routes.ts';

const pathTypes = { Exact: 'Exact', PathPrefix: 'Prefix' } as const;

/** The route table as an Ingress, without annotations of any one controller. */
export function ingress({ basePath, hostname, gateway }: KubernetesRoutes): string {
  const paths = pathMatches.flatMap((match) => {
    const path = fullPath(basePath, match);
    if (path === undefined) return [];
    const backend = { service: { name: `tessera-${match.service}-http`, port: { number: 8080 } } };
    return [{ path, pathType: pathTypes[match.type], backend }];
  });
  const resource = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'tessera' },
    spec: {
      ingressClassName: gateway,
      tls: [{ hosts: [hostname], secretName: 'tessera-gateway-tls' }],
      rules: [{ host: hostname, http: { paths } }],
    },
  };
  return `# Made from the route table by npm run generate. Changes are lost.\n${stringify(resource, { aliasDuplicateObjects: false })}`;
}
