import { defaultLimits, type GatewayOptions } from './gateway-options.ts';
import { chartGateway } from './kubernetes/chart-gateway.ts';
import { chartRoutes } from './kubernetes/chart-routes.ts';
import { clusterGateway } from './kubernetes/cluster-gateway.ts';
import { httpRoutes } from './kubernetes/http-routes.ts';
import { ingress } from './kubernetes/ingress.ts';
import { nginxConfiguration } from './nginx-configuration.ts';

/** A file that is made from the route table. */
export interface GeneratedFile {
  /** Below the repository's root. */
  readonly path: string;
  readonly content: string;
}

/** What the committed examples call the issuer's host, which every deployment replaces. */
const HOSTNAME = 'id.example.invalid';

/** The gateway of `docker-compose.yml`. Docker answers for the names of containers. */
export const composeGateway: GatewayOptions = {
  listen: '5556',
  basePath: '/dex',
  authority: '127.0.0.1:5556',
  upstreams: { authorize: ['authorize:8080'], token: ['token:8080'], keys: ['keys:8080'] },
  resolver: '127.0.0.11 valid=1s ipv6=off',
  limits: defaultLimits,
  accessLog: '/dev/stdout',
  oldestNginx: '1.28',
};

/** The same with certificates, for the way to production. */
export const productionGateway: GatewayOptions = {
  ...composeGateway,
  listen: '443',
  authority: HOSTNAME,
  tls: { certificateFolder: '/etc/nginx/tls', redirectFrom: '80' },
  probes: '5559',
};

/** Every file of the gateways, as committed. */
export function generatedFiles(): readonly GeneratedFile[] {
  const components = 'deploy/kubernetes/components';
  const place = { basePath: '/dex', hostname: HOSTNAME };
  return [
    { path: 'deploy/gateway/nginx.conf', content: nginxConfiguration(composeGateway) },
    { path: 'deploy/gateway/nginx-tls.conf', content: nginxConfiguration(productionGateway) },
    { path: `${components}/gateway-nginx/nginx.conf`, content: nginxConfiguration(clusterGateway) },
    { path: `${components}/gateway-api/http-routes.yaml`, content: httpRoutes({ ...place, gateway: 'public' }) },
    { path: `${components}/ingress/ingress.yaml`, content: ingress({ ...place, gateway: 'nginx' }) },
    { path: 'deploy/helm/tessera/files/routes.yaml', content: chartRoutes() },
    { path: 'deploy/helm/tessera/files/nginx.conf', content: chartGateway() },
  ];
}
