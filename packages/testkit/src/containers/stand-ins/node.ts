import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../run-command.ts';
import { installing, type StandIn } from '../stand-in.ts';

// What the published image would do with arguments that are no program: give them to Node.
const ENTRYPOINT = `#!/bin/sh
set -e
if [ "\${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ]; then set -- node "$@"; fi
exec "$@"
`;

/**
 * Node on Debian 12, as the published image `node:VERSION-bookworm-slim` has it: the Node that runs this, and this
 * machine's npm with its settings.
 */
export async function nodeStandIn(): Promise<StandIn> {
  const program = (await runCommand(['sh', '-c', 'readlink -f "$(command -v npm)"'])).trim();
  const npm = dirname(dirname(program));
  const { version } = JSON.parse(await readFile(join(npm, 'package.json'), 'utf8'));
  return {
    name: `docker.io/library/node:${process.versions.node}-bookworm-slim`,
    from: 'docker.io/library/debian:bookworm-slim',
    files: { 'docker-entrypoint.sh': ENTRYPOINT },
    mounts: { '/mnt/node': dirname(process.execPath), '/mnt/npm': npm },
    version: `npm ${version}`,
    dockerfile: [
      installing('libstdc++6', 'libatomic1'),
      'RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node',
      'RUN cp -L /mnt/node/node /usr/local/bin/node && mkdir -p /usr/local/lib/node_modules && cp -RL /mnt/npm /usr/local/lib/node_modules/npm',
      'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx',
      'RUN npm config set --global cafile /etc/ssl/certs/ca-certificates.crt',
      'COPY docker-entrypoint.sh /usr/local/bin/',
      `ENV NODE_VERSION=${process.versions.node}`,
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["node"]',
    ],
  };
}
