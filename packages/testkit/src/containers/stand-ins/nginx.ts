import { installing, type StandIn } from '../stand-in.ts';

// Debian's nginx keeps temporary files below /var/lib/nginx, the published image's below /var/cache/nginx.
const LAYOUT = [
  'rm -rf /var/lib/nginx /etc/nginx/sites-* /etc/nginx/modules-enabled',
  'install -d -o nginx -g nginx /var/cache/nginx /etc/nginx/conf.d /docker-entrypoint.d',
  'ln -s /var/cache/nginx /var/lib/nginx',
  'mkdir -p /var/log/nginx',
  'ln -sf /dev/stdout /var/log/nginx/access.log',
  'ln -sf /dev/stderr /var/log/nginx/error.log',
].join(' && ');

const ENTRYPOINT = `#!/bin/sh
set -e
if [ "$1" = nginx ]; then for script in /docker-entrypoint.d/*.sh; do [ ! -x "$script" ] || "$script"; done; fi
exec "$@"
`;

const CONFIGURATION = `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  include /etc/nginx/conf.d/*.conf;
}
`;

/** nginx of a version that is not older than 1.29. */
export const NGINX: StandIn = {
  name: 'docker.io/library/nginx:1.29',
  from: 'docker.io/library/debian:forky-slim',
  files: { 'docker-entrypoint.sh': ENTRYPOINT, 'nginx.conf': CONFIGURATION },
  dockerfile: [
    'RUN groupadd --system --gid 101 nginx && useradd --system --gid nginx --no-create-home --home /nonexistent --shell /bin/false --uid 101 nginx',
    installing('nginx-light', 'curl'),
    `RUN ${LAYOUT}`,
    'COPY docker-entrypoint.sh /',
    'COPY --chmod=644 nginx.conf /etc/nginx/nginx.conf',
    'EXPOSE 80',
    'STOPSIGNAL SIGQUIT',
    'ENTRYPOINT ["/docker-entrypoint.sh"]',
    `CMD ["nginx", "-g", "daemon off;"]`,
  ],
};
