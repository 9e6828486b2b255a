import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ContainerHost, waitFor } from '@tessera/testkit';

/** A Docker Engine with Compose, in a container of this process's own container host. */
export interface DockerEngine extends AsyncDisposable {
  /** Gives it images that the container host has, by their names. */
  load(images: readonly string[]): Promise<void>;
  /** Runs `docker` and returns what it printed. Throws Error with its words when it fails. */
  docker(...args: readonly string[]): Promise<string>;
  /** Runs `docker compose` for docker-compose.yml as it is in this checkout, with variables of the environment before. */
  compose(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');
const NAME = 'docker-engine';
const IMAGE = 'localhost/docker-engine:1';
const PACKAGES = 'docker.io docker-cli docker-compose iptables iproute2';
const LONG_MS = 600_000;
/** What a machine without the right to raise limits can still set. */
const DAEMON = ['dockerd', '--exec-opt=native.cgroupdriver=cgroupfs', '--default-ulimit=nofile=1024:4096'];

/**
 * Starts Debian's Docker Engine beside whatever runs in this network namespace. What it keeps is gone with it.
 *
 * @throws Error with its log when it does not come up.
 */
export async function startDockerEngine(host: ContainerHost): Promise<DockerEngine> {
  await host.ensureStandIn({
    name: IMAGE,
    from: 'docker.io/library/debian:forky-slim',
    dockerfile: [
      `RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends ${PACKAGES} && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin`,
    ],
  });
  const data = join(host.runFolder, 'docker');
  const exchange = join(host.runFolder, 'docker-images');
  for (const folder of [data, exchange]) await mkdir(folder, { recursive: true });
  const mounts = [
    `${data}:/var/lib/docker`,
    `${exchange}:${exchange}`,
    `${ROOT}:${ROOT}:ro`,
    '/sys/fs/cgroup:/sys/fs/cgroup',
  ];
  await host.podman([
    ...['run', '--detach', `--name=${NAME}`, '--privileged', '--network=host', '--cgroupns=host', '--systemd=false'],
    ...mounts.map((mount) => `--volume=${mount}`),
    ...[IMAGE, ...DAEMON],
  ]);
  const execute = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const variables = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
    return host.podman(['exec', ...variables, NAME, ...args], { timeoutMs: LONG_MS });
  };
  const docker = (...args: readonly string[]): Promise<string> => execute(['docker', ...args]);
  await waitFor(() => docker('info').then(Boolean, () => false), {
    what: 'the Docker Engine',
    timeoutMs: 60_000,
  }).catch(async (error: unknown) => {
    throw new Error(`${String(error)}\n${await host.podman(['logs', '--tail=40', NAME])}`);
  });
  return {
    docker,
    compose: (args, env) => execute(['docker-compose', `--project-directory=${ROOT}`, ...args], env),
    async load(images) {
      const archive = join(exchange, 'images.tar');
      await host.podman(['save', '--multi-image-archive', `--output=${archive}`, ...images], { timeoutMs: LONG_MS });
      await docker('load', `--input=${archive}`);
      await rm(archive);
    },
    async [Symbol.asyncDispose]() {
      await host.podman(['rm', '--force', '--time=10', NAME]);
    },
  };
}
