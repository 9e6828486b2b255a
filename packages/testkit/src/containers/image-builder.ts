import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempDirectory } from '../temp-directory.ts';
import type { EngineEnvironments } from './engine-settings.ts';
import { findOuterNetwork } from './network-namespace.ts';
import { runCommand, tryCommand } from './run-command.ts';

/** An image to build from a Dockerfile. */
export interface ImageBuild {
  readonly dockerfile: string;
  /** The folder whose files it copies. */
  readonly context: string;
  readonly tag: string;
  /** The last stage to build; the file's last when left out. */
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** As in `linux/arm64`; the machine's own when left out. */
  readonly platform?: string;
  /** Folders of this machine that commands of the build see, such as caches: `HOST:INSIDE[:ro]`. */
  readonly volumes?: readonly string[];
}

/** An image in the store. */
export interface BuiltImage {
  readonly tag: string;
  /** Changes with the content. */
  readonly id: string;
}

/** Makes images in the store that all runs share. */
export interface ImageBuilder {
  /** Commands of the build reach this machine's network; nothing is pulled, so all that it starts `FROM` must exist. */
  build(image: ImageBuild): Promise<BuiltImage>;
  /** What a command is started with that has to reach this machine's network: `nsenter … --`, or nothing. */
  readonly outside: readonly string[];
  has(tag: string): Promise<boolean>;
  tag(existing: string, name: string): Promise<void>;
  /** Runs a script with `sh`, with `args`, and with the network and the engine's settings of a build. */
  script(text: string, args: readonly string[]): Promise<void>;
  /** Removes what builds of earlier days left without a name. */
  prune(): Promise<void>;
}

const TIMEOUT_MS = 1_800_000;
const KEPT_HOURS = 72;

/** Creates an {@link ImageBuilder}. */
export async function createImageBuilder({ build: env }: EngineEnvironments): Promise<ImageBuilder> {
  const network = await findOuterNetwork();
  const outside = network === undefined ? [] : ['nsenter', `--net=${network.file}`, '--'];
  const has = async (tag: string) => {
    const { code, stderr } = await tryCommand(['podman', 'image', 'exists', tag], { env });
    // Anything else is no answer.
    if (code !== 0 && code !== 1) throw new Error(`whether there is an image ${tag} cannot be told: ${stderr}`);
    return code === 0;
  };
  return {
    async build(image) {
      await using directory = await createTempDirectory('dockerfile');
      const file = join(directory.path, 'Dockerfile');
      await writeFile(file, understood(await readFile(image.dockerfile, 'utf8')));
      const args = buildArguments({ ...image, dockerfile: file });
      await runCommand([...outside, 'podman', ...args], { env, timeoutMs: TIMEOUT_MS });
      const id = await runCommand(['podman', 'image', 'inspect', '--format', '{{.Id}}', image.tag], { env });
      return { tag: image.tag, id: id.trim() };
    },
    outside,
    has,
    async tag(existing, name) {
      await runCommand(['podman', 'tag', existing, name], { env });
    },
    async script(text, args) {
      await runCommand([...outside, 'sh', '-euc', text, 'sh', ...args], { env, timeoutMs: TIMEOUT_MS });
    },
    async prune() {
      await runCommand(['podman', 'image', 'prune', '--force', '--filter', `until=${KEPT_HOURS}h`], { env });
    },
  };
}

function buildArguments(image: ImageBuild): string[] {
  const { dockerfile, context, tag, target, buildArgs = {}, platform, volumes = [] } = image;
  return [
    ...['build', '--pull=never', '--layers', '--network=host', '--isolation=chroot', '--format=docker'],
    ...(target === undefined ? [] : [`--target=${target}`]),
    ...(platform === undefined ? [] : [`--platform=${platform}`]),
    ...Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...volumes.map((volume) => `--volume=${volume}`),
    ...[`--tag=${tag}`, `--file=${dockerfile}`, context],
  ];
}

/** A Dockerfile without what this engine does not know yet, and can do without: how often a container is asked at first. */
function understood(dockerfile: string): string {
  return dockerfile.replace(/ --start-interval=\S+/g, '');
}
