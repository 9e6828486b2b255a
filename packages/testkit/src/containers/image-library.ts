import { BASE_IMAGES, type BaseImage, ensureBaseImage } from './base-images.ts';
import type { ImageBuilder } from './image-builder.ts';
import { ensureBuilt, type StandIn } from './stand-in.ts';
import { kafkaStandIn } from './stand-ins/kafka.ts';
import { NGINX } from './stand-ins/nginx.ts';
import { nodeStandIn } from './stand-ins/node.ts';
import { PAUSE } from './stand-ins/pause.ts';
import { POSTGRES } from './stand-ins/postgres.ts';
import { REDIS } from './stand-ins/redis.ts';

/** Images that can be made here by the name of the published one that each stands for. */
export interface ImageLibrary {
  /** @throws Error when nothing is known about the name. */
  ensure(name: string): Promise<void>;
  ensureStandIn(standIn: StandIn): Promise<void>;
}

/**
 * Creates an {@link ImageLibrary}.
 *
 * @param folder for the files of builds.
 */
export function createImageLibrary(builder: ImageBuilder, folder: string): ImageLibrary {
  const ensureStandIn = async (standIn: StandIn): Promise<void> => {
    const [from = ''] = standIn.from.split(' ');
    if (from !== 'scratch') await ensure(from);
    await ensureBuilt(builder, folder, standIn);
  };
  const ensure = async (name: string): Promise<void> => {
    const full = fullName(name);
    if (isBaseImage(full)) return ensureBaseImage(builder, folder, full);
    const standIn = await findStandIn(full, builder.outside);
    if (standIn !== undefined) return ensureStandIn(standIn);
    // Another stand-in may start from one that a caller made.
    if (!(await builder.has(full))) throw new Error(`there is no stand-in for the image ${name}`);
  };
  return { ensure, ensureStandIn };
}

async function findStandIn(name: string, outside: readonly string[]): Promise<StandIn | undefined> {
  if (name.startsWith('docker.io/apache/kafka:')) return { ...(await kafkaStandIn(outside)), name };
  const node = name.startsWith('docker.io/library/node:') ? [await nodeStandIn()] : [];
  return [POSTGRES, REDIS, NGINX, PAUSE, ...node].find((known) => known.name === name);
}

/** As the engine completes a short name: see registries.conf in `engine-settings.ts`. */
function fullName(name: string): string {
  const [host = ''] = name.split('/');
  if (!name.includes('/')) return `docker.io/library/${name}`;
  return host.includes('.') || host === 'localhost' ? name : `docker.io/${name}`;
}

function isBaseImage(name: string): name is BaseImage {
  return name in BASE_IMAGES;
}
