import type { GatewayOptions, ProxiesBefore, PublicService } from '../gateway-options.ts';
import { publicServices, REQUEST_TIMEOUT_SECONDS, untrustedHeaders } from '../public-routes.ts';

/** How requests are handed on, in the block `http`. */
export function forwarding(options: GatewayOptions): readonly string[] {
  return [
    ...realAddress(options.proxiesBefore),
    '# The gateway’s word replaces the client’s own (the services trust the gateway alone).',
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    `proxy_set_header Host ${options.authority ?? '$http_host'};`,
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_set_header X-Request-Id $request_id;',
    ...[...untrustedHeaders, 'Proxy-Connection', 'Trailer'].map((name) => `proxy_set_header ${name} "";`),
    'proxy_ignore_headers X-Accel-Redirect X-Accel-Buffering X-Accel-Charset X-Accel-Expires X-Accel-Limit-Rate;',
    '',
    'proxy_connect_timeout 1s;',
    'proxy_send_timeout 10s;',
    '# A little longer than a request may take in a service.',
    `proxy_read_timeout ${REQUEST_TIMEOUT_SECONDS}s;`,
    'proxy_buffers 8 16k;',
    'proxy_buffer_size 16k;',
    '# No token is ever written to a disk.',
    'proxy_max_temp_file_size 0;',
    '# Not non_idempotent: a POST that was sent must not be sent again.',
    'proxy_next_upstream error timeout;',
    'proxy_next_upstream_timeout 20s;',
    '',
    ...(options.resolver === undefined
      ? []
      : ['# Names of services are looked up anew, as replicas come and go.', `resolver ${options.resolver};`, '']),
    ...publicServices.flatMap((service) => upstream(service, options)),
  ];
}

function realAddress(proxies: ProxiesBefore | undefined): readonly string[] {
  if (proxies === undefined) return [];
  return [
    '# Who connects are load balancers; of the client’s address their word counts.',
    ...proxies.networks.map((network) => `set_real_ip_from ${network};`),
    `real_ip_header ${proxies.by};`,
    ...(proxies.by === 'proxy_protocol' ? [] : ['real_ip_recursive on;']),
    '',
  ];
}

/**
 * No replica is ever set aside: one that is gone refuses at once and the next is asked, while one that came back a moment
 * ago is the last hope when the other goes.
 */
function upstream(service: PublicService, { upstreams, resolver }: GatewayOptions): readonly string[] {
  const suffix = resolver === undefined ? '' : ' resolve';
  return [
    `upstream ${service} {`,
    `  zone ${service} 256k;`,
    ...upstreams[service].map((address) => `  server ${address} max_fails=0${suffix};`),
    '  keepalive 32;',
    '}',
  ];
}
