import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContainerHost, waitFor } from '@tessera/testkit';

const RUNS = 3;
const READY = /^(\S+) .*\bis ready for\b/m;
const TARGETS = ['storage', 'keys', 'federation', 'token', 'authorize', 'events'] as const;
const PASSWORD = 'rehearsal';

/** All in one pod, so on one loopback network. */
const SERVICES = {
  issuer: 'http://127.0.0.1:5556/dex',
  storage: {
    type: 'postgres',
    config: { host: '127.0.0.1', database: 'tessera', user: 'tessera', password: PASSWORD, ssl: { mode: 'disable' } },
  },
  ephemeral: { type: 'redis', config: { host: '127.0.0.1' } },
  keyEncryption: { value: Buffer.alloc(32, 7).toString('base64') },
  events: { type: 'stdout' },
  enablePasswordDB: true,
  web: { http: '127.0.0.1:5556' },
  services: {
    storage: { grpc: '127.0.0.1:9091', addresses: ['127.0.0.1:9091'] },
    keys: { http: '127.0.0.1:8082', grpc: '127.0.0.1:9092', addresses: ['127.0.0.1:9092'] },
    federation: { grpc: '127.0.0.1:9093', addresses: ['127.0.0.1:9093'] },
    token: { http: '127.0.0.1:8084', grpc: '127.0.0.1:9094', addresses: ['127.0.0.1:9094'] },
    authorize: { http: '127.0.0.1:8085' },
  },
};

const ALONE = {
  issuer: 'http://127.0.0.1:5556/dex',
  storage: { type: 'memory' },
  web: { http: '127.0.0.1:5556' },
  enablePasswordDB: true,
};

/**
 * The median over some runs of the time from a container's start to its process's word that it is ready, in milliseconds:
 * for each service beside running neighbours, and for `all`.
 */
export async function startTimes(host: ContainerHost, image: string): Promise<ReadonlyMap<string, number>> {
  const folder = join(host.runFolder, 'start-times');
  await mkdir(folder);
  await writeFile(join(folder, 'services.yaml'), JSON.stringify(SERVICES));
  await writeFile(join(folder, 'all.yaml'), JSON.stringify(ALONE));
  const times = new Map<string, number>();
  const run = (target: string, file: string, pod: readonly string[]): Start => ({
    host,
    image,
    folder,
    target,
    file,
    pod,
  });
  const alone = [];
  for (let count = 0; count < RUNS; count += 1) alone.push(await timeOf(run('all', 'all.yaml', [])));
  times.set('all', median(alone));
  const pod = await startStores(host, image, folder);
  for (const target of TARGETS) {
    const measured = [];
    for (let count = 0; count < RUNS; count += 1) {
      measured.push(await timeOf(run(target, 'services.yaml', pod), count === RUNS - 1));
    }
    times.set(target, median(measured));
  }
  return times;
}

interface Start {
  readonly host: ContainerHost;
  readonly image: string;
  readonly folder: string;
  readonly target: string;
  readonly file: string;
  readonly pod: readonly string[];
}

/** Starts a container until it is ready; the last of a service stays, as a neighbour of the others. */
async function timeOf({ host, image, folder, target, file, pod }: Start, isKept = false): Promise<number> {
  const name = `start-${target}`;
  const where = [`--name=${name}`, '--read-only', '--cap-drop=ALL', `--volume=${folder}:/etc/tessera:ro`, ...pod];
  await host.podman([
    'run',
    '--detach',
    ...where,
    image,
    'serve',
    `--config=/etc/tessera/${file}`,
    `--target=${target}`,
  ]);
  const said = await waitFor(
    async () => {
      const { stdout, stderr } = await host.tryPodman(['logs', '--timestamps', name]);
      const state = await host.podman(['inspect', '--format={{.State.Status}}', name]);
      return READY.test(`${stdout}\n${stderr}`) || state.trim() === 'exited' ? `${stdout}\n${stderr}` : undefined;
    },
    { what: `${target} to be ready`, timeoutMs: 60_000, intervalMs: 200 },
  );
  const ready = READY.exec(said)?.[1];
  if (ready === undefined) throw new Error(`${target} ended before it was ready:\n${said}`);
  const started = (
    await host.podman(['inspect', '--format={{.State.StartedAt.Format "2006-01-02T15:04:05.999999999Z07:00"}}', name])
  ).trim();
  if (!isKept) await host.podman(['rm', '--force', '--time=0', name]);
  return new Date(ready).getTime() - new Date(started).getTime();
}

async function startStores(host: ContainerHost, image: string, folder: string): Promise<readonly string[]> {
  for (const name of ['localhost/pause:1', 'postgres:18', 'redis:8']) await host.ensureImage(name);
  await host.podman(['pod', 'create', '--name=stores', '--network=none']);
  const pod = ['--pod=stores'];
  const environment = [`--env=POSTGRES_PASSWORD=${PASSWORD}`, '--env=POSTGRES_USER=tessera'];
  await host.podman(['run', '--detach', '--name=postgres', ...pod, ...environment, 'postgres:18']);
  await host.podman(['run', '--detach', '--name=redis', ...pod, 'redis:8']);
  const isReady = ['exec', 'postgres', 'pg_isready', '--host=127.0.0.1', '--username=tessera'];
  await waitFor(async () => (await host.tryPodman(isReady)).code === 0, {
    what: 'PostgreSQL',
    timeoutMs: 60_000,
    intervalMs: 200,
  });
  const configuration = `--volume=${folder}:/etc/tessera:ro`;
  await host.podman(['run', '--rm', ...pod, configuration, image, 'migrate', '--config=/etc/tessera/services.yaml']);
  return pod;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
