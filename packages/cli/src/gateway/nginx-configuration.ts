import type { GatewayOptions } from './gateway-options.ts';
import { forwarding } from './nginx/forwarding.ts';
import { limitZones } from './nginx/limits.ts';
import { readerMap } from './nginx/locations.ts';
import { answerMaps } from './nginx/own-answers.ts';
import { serverMaps, servers } from './nginx/servers.ts';
import { indented } from './nginx/words.ts';
import { MAX_BODY_KIB } from './public-routes.ts';

/**
 * The configuration of nginx as the gateway, made from the route table: each public path goes to its service and nothing
 * else is passed on. A request that may have reached a service is never repeated on another unless that is harmless.
 * Throws TypeError for options that go against one another.
 */
export function nginxConfiguration(options: GatewayOptions): string {
  const http = [
    'server_tokens off;',
    'merge_slashes off;',
    'underscores_in_headers off;',
    'default_type text/plain;',
    'map_hash_bucket_size 512;',
    'uninitialized_variable_warn off;',
    '# Messages about requests hold their query, which may hold a code. What failed stands in the access log.',
    'error_log stderr crit;',
    ...accessLog(options.accessLog),
    '',
    '# As much as services take: 32 KiB of headers, and of a body what each route says.',
    'client_header_buffer_size 1k;',
    'large_client_header_buffers 1 31k;',
    '# In memory, whatever its chunks: no password is ever written to a disk.',
    `client_body_buffer_size ${2 * MAX_BODY_KIB}k;`,
    'client_header_timeout 10s;',
    'client_body_timeout 10s;',
    'send_timeout 10s;',
    'lingering_time 10s;',
    'lingering_timeout 2s;',
    'reset_timedout_connection on;',
    'keepalive_timeout 65s;',
    'keepalive_requests 1000;',
    ...keepAliveOnEnd(options),
    '',
    ...readerMap(options.basePath),
    ...answerMaps,
    ...serverMaps(options),
    ...limitZones(options.limits),
    '',
    ...forwarding(options),
    ...servers(options),
  ];
  return `# Made from the route table by npm run generate. Changes are lost.

worker_processes ${options.workers ?? 'auto'};
# Told to end, or to read its configuration anew, nginx finishes what it has begun, within this time.
worker_shutdown_timeout 20s;
error_log stderr warn;

events {
  worker_connections 4096;
}

http {
${indented(http, 2)}
}
`;
}

function accessLog(target: string | undefined): readonly string[] {
  if (target === undefined) return ['access_log off;'];
  return [
    'map $request_uri $path_asked {',
    '  default "";',
    '  ~^(?<before_query>[^?]*) $before_query;',
    '}',
    `log_format without_query '$remote_addr $time_iso8601 "$request_method $path_asked" $status $body_bytes_sent $request_time "$upstream_addr" "$upstream_status" $request_id';`,
    `access_log ${target} without_query;`,
  ];
}

/** A request that is on its way on an idle connection when nginx is told to end is answered, where nginx (1.27.4) can. */
function keepAliveOnEnd({ oldestNginx }: GatewayOptions): readonly string[] {
  return oldestNginx === '1.28' ? ['keepalive_min_timeout 10s;'] : [];
}
