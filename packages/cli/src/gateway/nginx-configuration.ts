import { hasSegments, type RouteName, type RouteSpec, routePaths, routeTable } from '@tessera/http';

/** A service that answers public requests. */
export type PublicService = RouteSpec['service'];

/** What a gateway configuration is made of. */
export interface GatewayOptions {
  /** Argument of nginx's `listen`: `host:port` or a port. */
  readonly listen: string;
  /** The issuer's path, `''` or like `/dex`. */
  readonly basePath: string;
  /** `host:port` of every replica of each service, or names that resolve to them. */
  readonly upstreams: Readonly<Record<PublicService, readonly string[]>>;
  /** Where requests are logged, without their query, which may hold a code; undefined = nowhere. */
  readonly accessLog?: string;
}

/**
 * The configuration of nginx as the gateway, made from the route table: each public path goes to its service and nothing
 * else is passed on. A request that may have reached a service is never repeated on another unless that is harmless.
 */
export function nginxConfiguration(options: GatewayOptions): string {
  const services = [...new Set(Object.values(routeTable).map(({ service }) => service))].toSorted();
  return `# Made from the route table by npm run generate. Changes are lost.

worker_processes auto;
error_log stderr warn;

events {
  worker_connections 4096;
}

http {
  server_tokens off;
  merge_slashes off;
  default_type text/plain;
${accessLog(options.accessLog)}
  # The services take less and say so themselves; this spares them what is far beyond.
  client_max_body_size 128k;
  large_client_header_buffers 4 32k;
  client_header_timeout 10s;
  client_body_timeout 10s;
  keepalive_timeout 65s;

  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  # The gateway's word replaces the client's own (the services trust the gateway alone).
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Request-Id $request_id;
  proxy_connect_timeout 1s;
  # A little longer than a request may take in a service.
  proxy_read_timeout 16s;
  proxy_buffers 8 16k;
  proxy_buffer_size 16k;
  # Not non_idempotent: a POST that was sent must not be sent again.
  proxy_next_upstream error timeout;

${services.map((service) => upstreamBlock(service, options.upstreams[service])).join('\n\n')}

  server {
    listen ${options.listen};

${locations(options.basePath).join('\n')}

    location / {
      return 404 "404 page not found\\n";
    }

    location @too_large {
      default_type application/json;
      add_header Cache-Control no-store always;
      return 413 '{"error":"invalid_request","error_description":"The request body is too large."}';
    }

    location @no_answer_for_client {
      default_type application/json;
      add_header Retry-After 1 always;
      add_header Cache-Control no-store always;
      return 503 '{"error":"temporarily_unavailable","error_description":"The service cannot answer right now. Try again shortly."}';
    }

    location @no_answer_for_person {
      default_type text/html;
      add_header Retry-After 1 always;
      add_header Cache-Control no-store always;
      add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
      return 503 '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>One moment</title><h1>One moment</h1><p>Signing in does not work right now. Reload the page in a few seconds.</p></html>';
    }
  }
}
`;
}

function accessLog(target: string | undefined): string {
  if (target === undefined) return '  access_log off;\n';
  return `  log_format without_query '$remote_addr $time_iso8601 "$request_method $uri" $status $body_bytes_sent $request_time $request_id';
  access_log ${target} without_query;
`;
}

/**
 * No replica is ever set aside: one that is gone refuses at once and the next is asked, while one that came back a moment
 * ago is the last hope when the other goes.
 */
function upstreamBlock(service: PublicService, addresses: readonly string[]): string {
  const servers = addresses.map((address) => `    server ${address} max_fails=0;`);
  return [`  upstream ${service} {`, `    zone ${service} 64k;`, ...servers, '    keepalive 32;', '  }'].join('\n');
}

function locations(basePath: string): string[] {
  return (Object.keys(routeTable) as RouteName[]).flatMap((name) => {
    const spec: RouteSpec = routeTable[name];
    const fallback = spec.audience === 'person' ? '@no_answer_for_person' : '@no_answer_for_client';
    return matchers(basePath, spec).map(
      (matcher) => `    location ${matcher} {
      proxy_pass http://${spec.service};
      error_page 502 504 = ${fallback};
      error_page 413 = @too_large;
    }`,
    );
  });
}

/** Exact locations, or an anchored expression where the path has segments of any text. nginx compares what it has decoded. */
function matchers(basePath: string, spec: RouteSpec): readonly string[] {
  if (!hasSegments(spec)) return routePaths(basePath, spec).map((path) => `= ${quoted(percentDecoded(path))}`);
  const segments = spec.path.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : escapePattern(segment)));
  return [`~ "^${quotable(escapePattern(percentDecoded(basePath)))}${segments.join('/')}$"`];
}

/** The issuer's path, which is all that can have it, as nginx sees it; unchanged when it is malformed, as nobody can ask for it. */
function percentDecoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A word of the configuration, in quotes where it needs them. */
function quoted(text: string): string {
  return /^[\w/.~-]+$/.test(text) ? text : `"${quotable(text)}"`;
}

function quotable(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
