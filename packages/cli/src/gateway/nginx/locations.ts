import { hasSegments, type RouteSpec, routePaths } from '@tessera/http';
import type { GatewayOptions } from '../gateway-options.ts';
import { MAX_BODY_KIB, type PublicRoute, publicRoutes } from '../public-routes.ts';
import { routeLimits } from './limits.ts';
import { escapePattern, percentDecoded, quotable, quoted } from './words.ts';

/** A location for every path of the route table. */
export function routeLocations(options: GatewayOptions): readonly string[] {
  return publicRoutes.flatMap((route) =>
    matchers(options.basePath, route.spec).flatMap((matcher) => location(matcher, route, options)),
  );
}

function location(matcher: string, { spec, limitClass }: PublicRoute, options: GatewayOptions): readonly string[] {
  return [
    `location ${matcher} {`,
    `  set $allowed_methods "${allowedMethods(spec)}";`,
    '  if ($is_method_unknown) { return 405; }',
    `  client_max_body_size ${spec.body === 'none' ? '1k' : `${MAX_BODY_KIB}k`};`,
    ...routeLimits(options.limits, limitClass).map((line) => `  ${line}`),
    `  proxy_pass http://${spec.service};`,
    '}',
  ];
}

/** Who reads the answer of a path: nginx refuses some requests before it has looked for the location. */
export function readerMap(basePath: string): readonly string[] {
  return [
    'map $uri $route_reader {',
    '  default "";',
    ...publicRoutes.flatMap(({ spec }) =>
      matchers(basePath, spec).map((matcher) => {
        const key = matcher.replace(/^= /, '').replace(/^~ "/, '"~');
        return `  ${key} ${spec.audience === 'person' ? 'person' : 'client'};`;
      }),
    ),
    '}',
  ];
}

/** The value of `Allow`, as the service itself says it (RFC 9110 §10.2.1). */
function allowedMethods(spec: RouteSpec): string {
  const methods = spec.methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...methods, ...(spec.cors === false ? [] : ['OPTIONS'])].join(', ');
}

/** Exact locations, or an anchored expression where the path has segments of any text. nginx compares what it has decoded. */
function matchers(basePath: string, spec: RouteSpec): readonly string[] {
  if (!hasSegments(spec)) return routePaths(basePath, spec).map((path) => `= ${quoted(percentDecoded(path))}`);
  const segments = spec.path.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : escapePattern(segment)));
  return [`~ "^${quotable(escapePattern(percentDecoded(basePath)))}${segments.join('/')}$"`];
}
