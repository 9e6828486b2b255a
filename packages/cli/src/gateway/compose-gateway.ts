import { nginxConfiguration } from './nginx-configuration.ts';

/** The gateway of `docker-compose.yml`: `deploy/gateway/nginx.conf`. */
export function composeGateway(): string {
  return nginxConfiguration({
    listen: '5556',
    basePath: '/dex',
    upstreams: { authorize: ['authorize:8080'], token: ['token:8080'], keys: ['keys:8080'] },
    accessLog: '/dev/stdout',
  });
}
