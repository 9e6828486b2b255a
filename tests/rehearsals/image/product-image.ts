import { fileURLToPath } from 'node:url';
import { type ContainerHost, openContainerHost } from '@tessera/testkit';

/** What the labels of the rehearsed image are to say. */
export const IMAGE_LABELS = {
  VERSION: '0.1.0',
  REVISION: '0123456789abcdef0123456789abcdef01234567',
  SOURCE: 'https://example.invalid/tessera',
  CREATED: '2026-01-02T03:04:05Z',
} as const;

export const PRODUCT_IMAGE = 'localhost/tessera-rehearsal:1';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Opens a container host with the product's image in it, built from this checkout by the real Dockerfile. */
export async function openHostWithProduct(): Promise<ContainerHost> {
  const host = await openContainerHost();
  try {
    await host.ensureImage(`node:${process.versions.node}-bookworm-slim`);
    await host.buildImage({
      dockerfile: `${ROOT}/deploy/docker/Dockerfile`,
      context: ROOT,
      target: 'tessera',
      tag: PRODUCT_IMAGE,
      buildArgs: IMAGE_LABELS,
    });
    return host;
  } catch (error) {
    await host.close();
    throw error;
  }
}
