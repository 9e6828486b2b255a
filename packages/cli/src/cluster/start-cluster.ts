import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, serviceNames } from '@tessera/contracts';
import {
  createTempDirectory,
  freePort,
  type NginxServer,
  type PostgresServer,
  type RedisServer,
  startNginx,
  type TempDirectory,
  writeServiceCertificates,
} from '@tessera/testkit';
import type { GatewayOptions } from '../gateway/gateway-options.ts';
import { nginxConfiguration } from '../gateway/nginx-configuration.ts';
import { createReplica, type Replica } from './replica.ts';
import { type PlannedReplica, planReplicas, type ReplicaCounts } from './replica-plan.ts';
import { type ConfigTree, hasEvents, parseBase, runConfiguration, runIssuer } from './run-configuration.ts';
import { type StoreOptions, type Stores, startStores } from './stores.ts';

/** What a run of separate services is made of. */
export interface ClusterOptions extends StoreOptions {
  /** The configuration to begin with, as YAML; `examples/config.yaml` when left out. Its stores and addresses are replaced. */
  readonly config?: string;
  /** Laid over the configuration, block by block, e.g. `{expiry: {authCodes: '5s'}}`. */
  readonly additions?: ConfigTree;
  readonly replicas?: ReplicaCounts;
  /** The port of the gateway on 127.0.0.1, and so of the issuer; a free one when left out. */
  readonly issuerPort?: number;
  /** `servers` (PostgreSQL and Redis) when left out; `memory` keeps all state in the only storage process. */
  readonly stores?: 'servers' | 'memory';
  /** Whether a process that ends by itself is started anew; true when left out. */
  readonly restarts?: boolean;
  /** Further environment variables of the processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Root of the checkout whose code the processes run at first; this one when left out. See `Replica.replaceBy`. */
  readonly checkout?: string;
  /** Writes the gateway's configuration; `nginxConfiguration` when left out. */
  readonly gatewayConfiguration?: (options: GatewayOptions) => string | Promise<string>;
}

/** Tessera as separate processes behind nginx, all on this machine. */
export interface Cluster extends AsyncDisposable {
  /** Issuer identifier, served by the gateway. */
  readonly issuer: string;
  /** Every process, in order of service and replica. */
  readonly processes: readonly Replica[];
  /** The processes of one service. */
  of(service: ServiceName): readonly Replica[];
  readonly gateway: NginxServer;
  /** Throws Error in a run with memory stores. */
  readonly postgres: PostgresServer;
  /** Throws Error in a run with memory stores. */
  readonly redis: RedisServer;
  /** The folder of this run: `tessera.yaml` and `certificates/`. */
  readonly directory: string;
  readonly configFile: string;
  /** The last output of every process, each under its name. */
  logs(): string;
  /** Stops everything, databases included, and removes the folder. May be called twice. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** Callers without a process here, whose part somebody may want to play. */
const ADMINISTRATION = ['admin'];
const defaultConfig = fileURLToPath(new URL('../../../../examples/config.yaml', import.meta.url));

/**
 * Starts every service as processes of its own with mutual TLS between them, PostgreSQL and Redis beneath, and nginx in
 * front. Resolves when all of them are ready; when one of them cannot start, everything is stopped again and the error
 * holds its output. Nothing outlives this process.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const base = parseBase(options.config ?? (await readFile(defaultConfig, 'utf8')));
  const isInMemory = options.stores === 'memory';
  const planned = await planReplicas({
    counts: options.replicas ?? {},
    isInMemory,
    hasEvents: hasEvents(base) || hasEvents(options.additions ?? {}),
  });
  const origin = `http://${HOST}:${options.issuerPort ?? (await freePort())}`;
  const opened: Opened = {
    directory: await createTempDirectory('cluster'),
    stores: undefined,
    gateway: undefined,
    processes: [],
  };
  try {
    opened.stores = isInMemory ? undefined : await startStores(options);
    const configFile = await writeRun({ base, origin, planned, options, opened });
    const { restarts = true, env = {}, checkout } = options;
    opened.processes.push(...planned.map((plan) => createReplica({ ...plan, configFile, restarts, env, checkout })));
    await allOrFirstError(opened.processes.map((replica) => replica.start()));
    opened.gateway = await startGateway(options, runIssuer(base, origin), planned);
    return clusterOf({ ...opened, gateway: opened.gateway }, { issuer: runIssuer(base, origin), configFile });
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

interface Opened {
  readonly directory: TempDirectory;
  stores: Stores | undefined;
  gateway: NginxServer | undefined;
  readonly processes: Replica[];
}

async function writeRun(run: {
  readonly base: ConfigTree;
  readonly origin: string;
  readonly planned: readonly PlannedReplica[];
  readonly options: ClusterOptions;
  readonly opened: Opened;
}): Promise<string> {
  const { base, origin, planned, options, opened } = run;
  const certificates = join(opened.directory.path, 'certificates');
  await writeServiceCertificates(certificates, [...serviceNames, ...ADMINISTRATION]);
  const configFile = join(opened.directory.path, 'tessera.yaml');
  const text = runConfiguration(base, options.additions ?? {}, {
    origin,
    certificates,
    keyEncryptionKey: randomBytes(32).toString('base64'),
    addresses: Object.fromEntries(serviceNames.map((name) => [name, addressesOf(planned, name, 'grpc')])),
    stores: opened.stores?.configuration ?? { storage: { type: 'memory' }, ephemeral: { type: 'memory' } },
  });
  await writeFile(configFile, text, { mode: 0o600 });
  return configFile;
}

async function startGateway(
  { gatewayConfiguration = nginxConfiguration }: ClusterOptions,
  issuer: string,
  planned: readonly PlannedReplica[],
): Promise<NginxServer> {
  const { host, port, pathname } = new URL(issuer);
  const conf = await gatewayConfiguration({
    listen: host,
    basePath: pathname === '/' ? '' : pathname,
    upstreams: {
      authorize: addressesOf(planned, 'authorize', 'http'),
      token: addressesOf(planned, 'token', 'http'),
      keys: addressesOf(planned, 'keys', 'http'),
    },
  });
  return startNginx({ conf, port: Number(port) });
}

function addressesOf(planned: readonly PlannedReplica[], service: ServiceName, kind: 'grpc' | 'http'): string[] {
  return planned.filter((plan) => plan.service === service).flatMap((plan) => plan[kind] ?? []);
}

function clusterOf(
  opened: Opened & { readonly gateway: NginxServer },
  facts: { readonly issuer: string; readonly configFile: string },
): Cluster {
  const { stores, gateway, processes, directory } = opened;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll(opened);
    return closing;
  };
  const server = <K extends 'postgres' | 'redis'>(name: K): Stores[K] => {
    if (stores === undefined) throw new Error(`this run keeps its state in memory and has no ${name}`);
    return stores[name];
  };
  return {
    ...facts,
    processes,
    of: (service) => processes.filter((replica) => replica.service === service),
    gateway,
    get postgres() {
      return server('postgres');
    },
    get redis() {
      return server('redis');
    },
    directory: directory.path,
    logs: () => processes.map((replica) => `--- ${replica.service} ${replica.replica}\n${replica.output()}`).join('\n'),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The gateway first, so that nobody is sent to a process that stops; the databases last. */
async function closeAll({ gateway, processes, stores, directory }: Opened): Promise<void> {
  await gateway?.close();
  await Promise.all(processes.map((replica) => replica.stop()));
  await stores?.close();
  await directory.remove();
}

/** Waits for all, also when one fails, so that nothing starts behind the back of the clean-up. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
