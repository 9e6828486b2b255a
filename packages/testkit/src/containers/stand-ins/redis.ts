import { installing, type StandIn } from '../stand-in.ts';

// The published image's server is compiled without protected mode, which would refuse every other container.
const ENTRYPOINT = `#!/bin/sh
set -e
if [ "\${1#-}" != "$1" ] || [ "\${1%.conf}" != "$1" ]; then set -- redis-server "$@"; fi
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . \\! -user redis -exec chown redis '{}' +
  exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
fi
if [ "$1" = redis-server ]; then set -- "$@" --protected-mode no; fi
exec "$@"
`;

/** Redis 8. */
export const REDIS: StandIn = {
  name: 'docker.io/library/redis:8',
  from: 'docker.io/library/debian:forky-slim',
  files: { 'docker-entrypoint.sh': ENTRYPOINT },
  dockerfile: [
    'RUN groupadd -r -g 999 redis && useradd -r -g redis -u 999 redis',
    installing('redis-server', 'redis-tools'),
    'RUN install -d -o redis -g redis /data',
    'COPY docker-entrypoint.sh /usr/local/bin/',
    'VOLUME /data',
    'WORKDIR /data',
    'EXPOSE 6379',
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["redis-server"]',
  ],
};
