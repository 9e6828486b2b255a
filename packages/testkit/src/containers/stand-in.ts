import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ImageBuilder } from './image-builder.ts';
import { recipeTag } from './recipe-tag.ts';

/** An image that is made here and has the name and the interface of a published one. */
export interface StandIn {
  /** The published image, in full: `docker.io/library/redis:8`. */
  readonly name: string;
  /** What it starts from: `scratch`, a base image, or another stand-in. */
  readonly from: string;
  /** The lines of its Dockerfile after `FROM`. */
  readonly dockerfile: readonly string[];
  /** Files by their path in the build's context, which `COPY` reads. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files and folders of this machine by the path at which `RUN` sees them. What they hold is told by `version`. */
  readonly mounts?: Readonly<Record<string, string>>;
  /** Makes the image anew when it changes; for what `mounts` hold. */
  readonly version?: string;
}

/** Builds a stand-in unless one of the same recipe exists, and gives it its name. */
export async function ensureBuilt(builder: ImageBuilder, folder: string, standIn: StandIn): Promise<void> {
  const recipe = recipeTag('stand-in', standIn);
  if (!(await builder.has(recipe))) await build(builder, folder, standIn, recipe);
  await builder.tag(recipe, standIn.name);
}

async function build(builder: ImageBuilder, folder: string, standIn: StandIn, tag: string): Promise<void> {
  const context = await mkdtemp(join(folder, 'stand-in-'));
  try {
    for (const [path, text] of Object.entries(standIn.files ?? {})) {
      await mkdir(dirname(join(context, path)), { recursive: true });
      await writeFile(join(context, path), text, { mode: 0o755 });
    }
    const dockerfile = join(context, 'Dockerfile');
    await writeFile(dockerfile, `${[`FROM ${standIn.from}`, ...standIn.dockerfile].join('\n')}\n`);
    const volumes = Object.entries(standIn.mounts ?? {}).map(([inside, outside]) => `${outside}:${inside}:ro`);
    await builder.build({ dockerfile, context, tag, volumes });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** The line that installs packages of Debian, and leaves nothing of the installing behind. */
export function installing(...packages: readonly string[]): string {
  return (
    'RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends ' +
    `${packages.join(' ')} && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*`
  );
}
