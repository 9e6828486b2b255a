import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the parts of a container engine lie. */
export interface EngineFolders {
  /** Images and layers, kept between runs. */
  readonly images: string;
  /** Containers and settings of one run. */
  readonly run: string;
  /** Volumes, networks and what is forgotten when the machine stops; at most 40 characters, as the engine wants it. */
  readonly state: string;
}

/** Variables that make `podman` use the settings of {@link writeEngineSettings}, and nothing of the machine's. */
export interface EngineEnvironments {
  /** Writes into the store of images. */
  readonly build: Readonly<Record<string, string>>;
  /** Reads images from there, and keeps all else in the folder of the run. */
  readonly run: Readonly<Record<string, string>>;
}

/** The image of a pod's first container, which only holds its namespaces. */
export const PAUSE_IMAGE = 'localhost/pause:1';

/**
 * Writes the settings of two engines into the folder of a run: one that builds images, and one that runs containers. The
 * second sees the store of the first as an additional, read-only one, so any number of runs may share it.
 */
export async function writeEngineSettings(folders: EngineFolders): Promise<EngineEnvironments> {
  const settings = join(folders.run, 'settings');
  await Promise.all([settings, folders.images].map((folder) => mkdir(folder, { recursive: true })));
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(settings, name);
    await writeFile(file, text);
    return file;
  };
  // Nothing is ever pulled: a short name stands for the image of that name which was made here.
  const registries = await write(
    'registries.conf',
    'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n',
  );
  const build = { images: folders.images, state: join(folders.run, 'build') };
  const run = { images: join(folders.run, 'store'), state: folders.state, also: folders.images };
  const environment = async (name: string, store: EngineStore): Promise<Record<string, string>> => {
    const variables = {
      CONTAINERS_CONF: join(settings, `${name}.containers.conf`),
      CONTAINERS_STORAGE_CONF: await write(`${name}.storage.conf`, storageConf(store)),
      CONTAINERS_REGISTRIES_CONF: registries,
    };
    await write(`${name}.containers.conf`, containersConf(store, variables));
    return variables;
  };
  return { build: await environment('build', build), run: await environment('run', run) };
}

const PROGRAMS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface EngineStore {
  readonly images: string;
  readonly state: string;
  readonly also?: string;
}

/** See containers-storage.conf(5). */
function storageConf({ images, state, also }: EngineStore): string {
  return [
    '[storage]',
    'driver = "overlay"',
    `graphroot = ${quoted(images)}`,
    `runroot = ${quoted(join(state, 'storage'))}`,
    ...(also === undefined ? [] : ['[storage.options]', `additionalimagestores = [${quoted(also)}]`]),
    '',
  ].join('\n');
}

/** See containers.conf(5). A container has no network unless it is given one. */
function containersConf({ state }: EngineStore, variables: Readonly<Record<string, string>>): string {
  const monitor = Object.entries({ PATH: PROGRAMS, ...variables }).map(([name, value]) => quoted(`${name}=${value}`));
  return [
    '[containers]',
    // What a machine without the right to raise limits can still set.
    'default_ulimits = ["nofile=1024:4096", "nproc=4000:4000"]',
    'log_driver = "k8s-file"',
    'netns = "none"',
    '[engine]',
    'runtime = "runc"',
    // The engine that a container's monitor starts when the container ended is to be this one.
    `conmon_env_vars = [${monitor.join(', ')}]`,
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    'lock_type = "file"',
    `tmp_dir = ${quoted(join(state, 'engine'))}`,
    `volume_path = ${quoted(join(state, 'volumes'))}`,
    `infra_image = ${quoted(PAUSE_IMAGE)}`,
    '[network]',
    'network_backend = "netavark"',
    `network_config_dir = ${quoted(join(state, 'networks'))}`,
    '',
  ].join('\n');
}

/** A string of TOML. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
