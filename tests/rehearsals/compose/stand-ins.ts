import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ContainerHost, ImageBuild, StandIn } from '@tessera/testkit';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NODE = `docker.io/library/node:${process.versions.node}-bookworm-slim`;
const KAFKA = 'docker.io/apache/kafka:4.1.0';

/** Published images that the container host knows how to stand in for. */
const PUBLISHED = ['docker.io/library/postgres:18', 'docker.io/library/redis:8', 'docker.io/library/nginx:1.29', KAFKA];

const file = (name: string): Promise<string> => readFile(new URL(`images/${name}`, import.meta.url), 'utf8');

function installing(...packages: readonly string[]): string {
  const install = 'DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends';
  return `RUN apt-get -q update && ${install} ${packages.join(' ')} && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin`;
}

/** Debian's Prometheus with the layout of the published image. */
const PROMETHEUS: StandIn = {
  name: 'docker.io/prom/prometheus:v3.7.3',
  from: 'docker.io/library/debian:forky-slim',
  dockerfile: [
    installing('prometheus'),
    'RUN ln -s /usr/bin/prometheus /usr/bin/promtool /bin/ 2>/dev/null; install -d -o nobody -g nogroup /prometheus && mkdir -p /etc/prometheus',
    'USER nobody',
    'WORKDIR /prometheus',
    'VOLUME /prometheus',
    'ENTRYPOINT ["/bin/prometheus"]',
  ],
};

/** What reads a topic, on the network that has Kafka on it. */
export const TOPIC_READER = 'localhost/read-topic:1';

async function topicReader(): Promise<StandIn> {
  return {
    name: TOPIC_READER,
    from: `${KAFKA} AS compiler`,
    files: { 'ReadTopic.java': await file('ReadTopic.java') },
    dockerfile: [
      'USER root',
      installing('openjdk-25-jdk-headless'),
      'COPY ReadTopic.java /tmp/',
      'RUN javac -cp "/opt/kafka/libs/*" -d /tmp/tools /tmp/ReadTopic.java',
      `FROM ${KAFKA}`,
      'COPY --from=compiler /tmp/tools /opt/kafka/tools',
      'ENTRYPOINT ["java", "-cp", "/opt/kafka/libs/*:/opt/kafka/tools", "ReadTopic"]',
    ],
  };
}

/** What Debian has no package of: programs of a few lines that do what the composition needs of them. */
async function small(name: string, script: string, user: string, args: readonly string[] = []): Promise<StandIn> {
  return {
    name: `docker.io/${name}`,
    from: NODE,
    files: { 'stand-in.mjs': await file(script) },
    dockerfile: [
      ...(script === 'grafana.mjs' ? [installing('wget'), `RUN install -d -o ${user} -g 0 /var/lib/grafana`] : []),
      'COPY --chmod=644 stand-in.mjs /',
      `USER ${user}`,
      `ENTRYPOINT ${JSON.stringify(['node', '/stand-in.mjs', ...args])}`,
    ],
  };
}

/** Makes every image of docker-compose.yml on the container host, ours by their own Dockerfiles; returns their names. */
export async function makeImages(host: ContainerHost): Promise<readonly string[]> {
  for (const name of [...PUBLISHED, NODE, 'docker.io/library/debian:trixie-slim']) await host.ensureImage(name);
  const standIns = [
    PROMETHEUS,
    await topicReader(),
    await small('grafana/grafana:12.2.0', 'grafana.mjs', '472'),
    await small('otel/opentelemetry-collector:0.138.0', 'traces.mjs', '10001', ['collector']),
    await small('jaegertracing/jaeger:2.11.0', 'traces.mjs', '10001', ['jaeger']),
  ];
  for (const standIn of standIns) await host.ensureStandIn(standIn);
  const ours: readonly Pick<ImageBuild, 'tag' | 'dockerfile' | 'context' | 'target'>[] = [
    { tag: 'tessera:0.1.0', dockerfile: 'deploy/docker/Dockerfile', context: '.', target: 'tessera' },
    { tag: 'tessera-example:0.1.0', dockerfile: 'deploy/docker/Dockerfile', context: '.', target: 'example' },
    { tag: 'tessera-directory:0.1.0', dockerfile: 'deploy/ldap/Dockerfile', context: 'deploy/ldap' },
  ];
  const built: string[] = [];
  for (const { tag, dockerfile, context, ...rest } of ours) {
    const name = `docker.io/library/${tag}`;
    await host.buildImage({ ...rest, tag: name, dockerfile: join(ROOT, dockerfile), context: join(ROOT, context) });
    built.push(name);
  }
  return [...PUBLISHED, ...standIns.map(({ name }) => name), ...built];
}
