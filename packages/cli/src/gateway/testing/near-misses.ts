import { routePaths } from '@tessera/http';
import { publicRoutes } from '../public-routes.ts';

/** Paths that resemble public ones and are none, and a few that are, as clients, scanners and attackers spell them. */
export function nearMisses(basePath: string): readonly string[] {
  const known = publicRoutes
    .flatMap(({ spec }) => routePaths(basePath, spec))
    .map((path) => path.replace(/:\w+/, 'ldap'));
  return [
    ...known.flatMap((path) => [
      `${path}/`,
      `${path}x`,
      `${path}%00`,
      `${path}%20`,
      `${path}%0A`,
      `${path}%2F`,
      `${path};v=1`,
      `${path}/..;/token`,
      `/.${path}`,
      `/x/..${path}`,
      `/${path}`,
      path.toUpperCase(),
      path.replace(/\/([^/]*)$/, '//$1'),
      path.replace(/\/([^/]*)$/, '%2F$1'),
      path.replace(/\/([^/]*)$/, '/./$1'),
      path.replace(/\/([^/]*)$/, '/x/../$1'),
      path.replace(/\/([^/]*)$/, '/%2e/$1'),
      path.replace(
        /\/(\w)([^/]*)$/,
        (_, first: string, rest: string) => `/%${first.charCodeAt(0).toString(16)}${rest}`,
      ),
      path.replace(/\/([^/]*)$/, '\\$1'),
    ]),
    '/',
    '//',
    '/%',
    '/%zz',
    '/token',
    '/keys',
    '/dex%2Ftoken',
    `${basePath}/auth/a%2Fb`,
    `${basePath}/auth/a%2Flogin`,
    `${basePath}/auth/a%5Cb`,
    `${basePath}/auth/a/b/c`,
    `${basePath}/auth/..%2Ftoken`,
    `${basePath}/auth/../token`,
    `${basePath}/auth/%2e%2e/token`,
    `${basePath}/auth/\u00e4`,
    `${basePath}/auth/a%0D%0Ab`,
    `${basePath}/auth/a%C3%A4`,
    `${basePath}/auth/a%FF`,
    `${basePath}/static/..%2f..%2fetc%2fpasswd`,
    `${basePath}/static/%2e%2e`,
    `${basePath}/tessera.token.v1.TokenService/IssueFrontChannel`,
    `${basePath}/metrics`,
    `${basePath}/healthz/live`,
    '/api.Dex/CreateClient',
    '/grpc.health.v1.Health/Check',
    '/.gateway/429/client',
    '/.gateway/',
    '/metrics',
    '/healthz',
    '/nginx_status',
  ];
}
