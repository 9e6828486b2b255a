import { installing, type StandIn } from '../stand-in.ts';

// What the published image does with its variables, as far as it is used here: a first start makes the cluster, the user
// and the database, and runs what lies in /docker-entrypoint-initdb.d; every start becomes the user `postgres`.
const ENTRYPOINT = `#!/bin/bash
set -eu
secret() { local file=$1_FILE; if [ -n "\${!file:-}" ]; then cat "\${!file}"; else printf %s "\${!1:-}"; fi; }
[ "\${1:-postgres}" = "\${1#-}" ] || set -- postgres "$@"
[ "\${1:-}" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
mkdir -p "$PGDATA"
chmod 700 "$PGDATA" || true
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=\${POSTGRES_USER:-postgres} database=\${POSTGRES_DB:-\${POSTGRES_USER:-postgres}} password=$(secret POSTGRES_PASSWORD)
  [ -n "$password" ] || [ "\${POSTGRES_HOST_AUTH_METHOD:-}" = trust ] || { echo 'Error: Database is uninitialized and superuser password is not specified.' >&2; exit 1; }
  eval 'initdb --username="$user" --pwfile=<(printf "%s\\n" "$password") --locale=C.UTF-8 --encoding=UTF8 '"\${POSTGRES_INITDB_ARGS:-}"
  printf '\\nhost all all all %s\\n' "\${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start
  run() { psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$user" --dbname "$@"; }
  [ "$database" = postgres ] || echo 'CREATE DATABASE :"db";' | run postgres --set db="$database"
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in *.sh) . "$file" ;; *.sql) run "$database" -f "$file" ;; esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
  echo 'PostgreSQL init process complete; ready for start up.'
fi
exec "$@"
`;

/** PostgreSQL 18. */
export const POSTGRES: StandIn = {
  name: 'docker.io/library/postgres:18',
  from: 'docker.io/library/debian:forky-slim',
  files: { 'docker-entrypoint.sh': ENTRYPOINT },
  dockerfile: [
    'RUN groupadd -r -g 999 postgres && useradd -r -g 999 -u 999 -d /var/lib/postgresql -s /bin/bash postgres',
    `${installing('postgresql-18')} && rm -rf /var/lib/postgresql/18 /etc/postgresql/18`,
    `RUN sed -i "s/^#*listen_addresses.*/listen_addresses = '*'/" /usr/share/postgresql/18/postgresql.conf.sample`,
    'RUN install -d -o postgres -g postgres -m 1777 /var/lib/postgresql && install -d -o postgres -g postgres -m 3777 /var/run/postgresql && mkdir -p /docker-entrypoint-initdb.d',
    'COPY docker-entrypoint.sh /usr/local/bin/',
    'ENV LANG=C.UTF-8 PG_MAJOR=18 PGDATA=/var/lib/postgresql/18/docker PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/18/bin',
    'VOLUME /var/lib/postgresql',
    'EXPOSE 5432',
    'STOPSIGNAL SIGINT',
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["postgres"]',
  ],
};
