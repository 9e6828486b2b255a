import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ContainerHost } from '@tessera/testkit';
import { isA, type Resource } from './manifests/documents.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NODE = `docker.io/library/node:${process.versions.node}-bookworm-slim`;
const COLLECTOR = 'otel/opentelemetry-collector:0.138.0';

/** Our own images, and the stage of the Dockerfile that each is. */
const OWN: Readonly<Record<string, string>> = { 'tessera:0.1.0': 'tessera', 'tessera-example:0.1.0': 'example' };

/**
 * Makes the images that resources name: ours from their Dockerfile, others as stand-ins.
 *
 * @returns the id of each by its name, as another rehearsal may give the name to another stand-in.
 */
export async function makeImagesOf(
  host: ContainerHost,
  resources: readonly Resource[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const image of imagesOf(resources)) {
    const target = OWN[image];
    if (target !== undefined) {
      await host.ensureImage(NODE);
      const dockerfile = join(ROOT, 'deploy/docker/Dockerfile');
      await host.buildImage({ dockerfile, context: ROOT, tag: `docker.io/library/${image}`, target });
    } else if (image === COLLECTOR) await makeCollector(host);
    else await host.ensureImage(image);
    ids.set(image, (await host.podman(['image', 'inspect', '--format={{.Id}}', image])).trim());
  }
  return ids;
}

/** The images of all pods that resources ask for. */
function imagesOf(resources: readonly Resource[]): readonly string[] {
  const specs = resources.flatMap((resource) => {
    if (isA('Pod', resource)) return [resource.content.spec];
    if (isA('Deployment', resource) || isA('StatefulSet', resource) || isA('Job', resource)) {
      return [resource.content.template.spec];
    }
    return [];
  });
  const containers = specs.flatMap(({ initContainers, containers: others }) => [...initContainers, ...others]);
  return [...new Set(containers.map(({ image }) => image))].toSorted();
}

async function makeCollector(host: ContainerHost): Promise<void> {
  await host.ensureStandIn({
    name: `docker.io/${COLLECTOR}`,
    from: NODE,
    files: { 'collector.mjs': await readFile(new URL('collector-stand-in.mjs', import.meta.url), 'utf8') },
    dockerfile: [
      'COPY --chmod=644 collector.mjs /',
      'USER 10001',
      'STOPSIGNAL SIGTERM',
      'ENTRYPOINT ["node", "/collector.mjs"]',
    ],
  });
}
