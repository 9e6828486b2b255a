import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProgramResult } from '../run-program.ts';
import {
  type ContainerNetwork,
  gatewayOf,
  type NetworkOptions,
  networkArguments,
  prepareNetworking,
} from './container-network.ts';
import { writeEngineSettings } from './engine-settings.ts';
import { type BuiltImage, createImageBuilder, type ImageBuild } from './image-builder.ts';
import { createImageLibrary } from './image-library.ts';
import { removeLeftOvers, removeRun, runPrefix, stateFolder } from './left-overs.ts';
import { checkRequirements } from './requirements.ts';
import { type CommandOptions, runCommand, tryCommand } from './run-command.ts';
import type { StandIn } from './stand-in.ts';

/** How {@link openContainerHost} sets the engine up. */
export interface ContainerHostOptions {
  /**
   * Keeps images and layers between runs, and a folder for each run; `node_modules/.cache/tessera-containers` of this
   * checkout when left out.
   */
  readonly folder?: string;
}

/** A container engine of this process's own: podman, with images that are made here and never pulled. */
export interface ContainerHost extends AsyncDisposable {
  /** Removed at the end. Containers, volumes and the engine's settings lie here; a caller may put files beside them. */
  readonly runFolder: string;
  /** Variables for whoever starts `podman` himself, such as for `podman logs --follow`. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Runs `podman` and returns what it printed. A container has no network unless the arguments name one.
   *
   * @throws Error with the engine's words when it fails.
   */
  podman(args: readonly string[], options?: Omit<CommandOptions, 'env'>): Promise<string>;
  /** The same for a command that may fail. */
  tryPodman(args: readonly string[], options?: Omit<CommandOptions, 'env'>): Promise<ProgramResult>;
  /**
   * Builds an image; steps that were built before are taken from the store. The base images and Node's must have been made by
   * `ensureImage` if it starts from them.
   *
   * @throws Error with the output of the build when it fails.
   */
  buildImage(image: ImageBuild): Promise<BuiltImage>;
  /**
   * Makes a known image unless it is there: see `stand-ins/`. Short names are taken as the engine takes them.
   *
   * @throws Error when nothing is known about the name.
   */
  ensureImage(name: string): Promise<void>;
  /** Makes a stand-in of the caller's own unless it is there. */
  ensureStandIn(standIn: StandIn): Promise<void>;
  /** @throws Error when this process shares its network namespace with its parents. */
  createNetwork(options: NetworkOptions): Promise<ContainerNetwork>;
  /** Removes all that ran. May be called twice. */
  close(): Promise<void>;
}

const FOLDER = fileURLToPath(new URL('../../../../node_modules/.cache/tessera-containers', import.meta.url));

/**
 * Opens a container engine. Processes that ended without closing theirs are cleared up after.
 *
 * @throws Error that names what this machine lacks.
 */
export async function openContainerHost(options: ContainerHostOptions = {}): Promise<ContainerHost> {
  await checkRequirements();
  const { folder = FOLDER } = options;
  const runs = join(folder, 'runs');
  await mkdir(runs, { recursive: true });
  const others = await removeLeftOvers(runs);
  const runFolder = await mkdtemp(join(runs, await runPrefix()));
  const environments = await writeEngineSettings({
    images: join(folder, 'images'),
    run: runFolder,
    state: stateFolder(runFolder),
  });
  const builder = await createImageBuilder(environments);
  if (others === 0) await builder.prune();
  const library = createImageLibrary(builder, runFolder);
  const env = environments.run;
  const podman: ContainerHost['podman'] = (args, given) => runCommand(['podman', ...args], { ...given, env });
  const close = async () => {
    await podman(['rm', '--all', '--force', '--time=0']);
    await removeRun(runFolder);
  };
  return {
    runFolder,
    environment: env,
    podman,
    tryPodman: (args, given) => tryCommand(['podman', ...args], { ...given, env }),
    buildImage: (image) => builder.build(image),
    ensureImage: (name) => library.ensure(name),
    ensureStandIn: (standIn) => library.ensureStandIn(standIn),
    createNetwork: async (network) => {
      await prepareNetworking();
      await podman(networkArguments(network));
      return { name: network.name, subnet: network.subnet, gateway: gatewayOf(network.subnet) };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
