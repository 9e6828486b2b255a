import { type ClientKeys, createClientKeys } from '@tessera/client-keys';
import type { Clock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import {
  createKeys,
  createStorage,
  createTokenIssuerClient,
  type Federation,
  type Keys,
  type Service,
  type ServiceName,
  type Storage,
  type StorageApi,
  type TokenApi,
  type TokenIssuer,
} from '@tessera/contracts';
import { createEgressClient, type EgressClient } from '@tessera/egress';
import type { EventLog } from '@tessera/events';
import type { ErrorPage } from '@tessera/http';
import { createResourceModel, type ResourceModel } from '@tessera/oauth';
import type { Logger, Metrics } from '@tessera/telemetry';
import { createDirectories, type Directories } from './directories.ts';
import { createEventLogs, type EventLogs } from './event-logs.ts';
import type { Neighbours } from './neighbours.ts';
import { createResources, resourcesWithoutSecrets } from './resources.ts';
import type { Targets } from './targets.ts';

/** What services are composed from. */
export interface ComposeOptions {
  readonly config: TesseraConfig;
  readonly targets: Targets;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Clients of what does not run in this process. */
  readonly neighbours: Neighbours;
}

/** The services of one process, wired to one another. */
export interface Composition {
  readonly services: readonly Service[];
  /** The page for errors below the routes of people; undefined without the authorize service. */
  readonly errorPage: ErrorPage | undefined;
  /** Origins from which scripts of clients call. */
  readonly corsOrigins: () => ReadonlySet<string>;
  /** Stops background work, the services that call others first. Requests have ended before. */
  close(): Promise<void>;
}

/**
 * Creates the services of a process. A service of the same process is called directly, by the same interface as one
 * behind a connection; in both cases calls of the hot path are joined into batches. Throws what a service throws when it
 * cannot be created; those created before are closed then.
 */
export async function composeServices(options: ComposeOptions): Promise<Composition> {
  const created: Service[] = [];
  const directories = createDirectories(options);
  const eventLogs = createEventLogs(options);
  const outside = createOutside(options);
  const close = async (): Promise<void> => {
    directories.close();
    await eventLogs.close();
    for (const service of created.toReversed()) await service.close();
    await outside.close();
  };
  try {
    const errorPage = await createAll({ ...options, directories, eventLogs, outside, created });
    return { services: created, errorPage, corsOrigins: () => directories.corsOrigins(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the services that face the public know of resources, and of what clients publish elsewhere. */
interface Outside {
  readonly resourceModel: ResourceModel;
  readonly egress: EgressClient;
  readonly clientKeys: ClientKeys;
  close(): Promise<void>;
}

/** The addresses of clients stand in the configuration or come from those who administer it. */
function createOutside({ config, targets, clock, logger }: ComposeOptions): Outside {
  const isPublic = targets.services.some((name) => name === 'token' || name === 'authorize');
  const live = isPublic
    ? createResources(config.resources, { clock, logger })
    : resourcesWithoutSecrets(config.resources);
  const egress = createEgressClient({ policy: 'operator' });
  const clientKeys = createClientKeys({ egress, clock, logger });
  return {
    resourceModel: createResourceModel(
      live.resources,
      config.staticClients.map(({ id }) => id),
    ),
    egress,
    clientKeys,
    async close() {
      live.close();
      clientKeys.close();
      await egress.close();
    },
  };
}

interface Making extends ComposeOptions {
  readonly outside: Outside;
  readonly directories: Directories;
  readonly eventLogs: EventLogs;
  readonly created: Service[];
}

async function createAll(making: Making): Promise<ErrorPage | undefined> {
  const { config, clock, logger, metrics, neighbours, targets } = making;
  const runs = (name: ServiceName): boolean => targets.services.includes(name);
  const base = { config, clock, logger };
  const add = <S extends Service>(service: S): S => {
    making.created.push(service);
    return service;
  };
  // What the others of this process stand on is waited for, so that they find it there at their first call.
  const addReady = async <S extends Service>(service: S): Promise<S> => {
    await add(service).ready();
    return service;
  };

  const ownStorage = runs('storage')
    ? (await addReady(await (await import('@tessera/storage')).createStorageService({ ...base, metrics }))).api
    : undefined;
  const storageApi = (caller: ServiceName): StorageApi => ownStorage ?? neighbours.storage(caller);
  const storageOf = perCaller(ownStorage !== undefined, (caller): Storage => createStorage(storageApi(caller)));

  if (runs('events') && (config.events !== undefined || !targets.isWhole)) {
    const { createEventsService } = await import('@tessera/events-service');
    add(createEventsService({ ...base, metrics, storage: storageApi('events') }));
  }

  const ownKeys = runs('keys')
    ? (
        await addReady(
          await (await import('@tessera/keys')).createKeysService({ ...base, metrics, storage: storageApi('keys') }),
        )
      ).api
    : undefined;
  const keysOf = perCaller(ownKeys !== undefined, (caller): Keys => createKeys(ownKeys ?? neighbours.keys(caller)));

  const ownFederation = runs('federation')
    ? add(
        await (await import('@tessera/federation')).createFederationService({
          ...base,
          users: storageApi('federation'),
          keys: keysOf('federation'),
        }),
      ).api
    : undefined;
  const federationOf = (caller: ServiceName): Federation => ownFederation ?? neighbours.federation(caller);

  const faceOf = (caller: 'token' | 'authorize'): PublicFace => ({
    storage: making.eventLogs.counting(storageOf(caller)),
    keys: keysOf(caller),
    federation: federationOf(caller),
    events: making.eventLogs.of(storageOf(caller)),
  });
  const ownToken = runs('token') ? add(await createToken(making, faceOf('token'))).api : undefined;
  if (!runs('authorize')) return undefined;
  const tokens = createTokenIssuerClient(ownToken ?? neighbours.token('authorize'));
  return add(await createAuthorize(making, { ...faceOf('authorize'), tokens })).errorPage;
}

/** What a service that faces the public calls. */
interface PublicFace {
  readonly storage: Storage;
  readonly keys: Keys;
  readonly federation: Federation;
  readonly events: EventLog;
}

async function createToken(
  { config, clock, logger, metrics, directories, outside }: Making,
  face: PublicFace,
): Promise<Service & { readonly api: TokenApi }> {
  const { createTokenService } = await import('@tessera/token');
  return createTokenService({
    config,
    clock,
    logger,
    metrics,
    ...face,
    resourceModel: outside.resourceModel,
    clientKeys: outside.clientKeys,
    clients: directories.clients(face.storage),
    connectors: directories.connectors(face.federation),
    verificationKeys: directories.verificationKeys(face.keys),
    accessTokenSecrets: directories.secrets('access_token', face.keys),
    refreshTokenSecrets: directories.secrets('refresh_token', face.keys),
    codeSecrets: directories.secrets('authorization_code', face.keys),
  });
}

async function createAuthorize(
  { config, clock, logger, directories, outside }: Making,
  { storage, keys, federation, events, tokens }: PublicFace & { readonly tokens: TokenIssuer },
): Promise<Service & { readonly errorPage: ErrorPage }> {
  const { createAuthorizeService } = await import('@tessera/authorize');
  return createAuthorizeService({
    config,
    clock,
    logger,
    events,
    storage,
    federation,
    tokens,
    keys,
    egress: outside.egress,
    resourceModel: outside.resourceModel,
    clientKeys: outside.clientKeys,
    verificationKeys: directories.verificationKeys(keys),
    clients: directories.clients(storage),
    connectors: directories.connectors(federation),
    codeSecrets: directories.secrets('authorization_code', keys),
    browserSecrets: directories.secrets('browser', keys),
  });
}

/** One value for all callers where it is of this process, so that their calls join; else one for each caller. */
function perCaller<T>(isShared: boolean, create: (caller: ServiceName) => T): (caller: ServiceName) => T {
  const made = new Map<string, T>();
  return (caller) => {
    const key = isShared ? '' : caller;
    const known = made.get(key);
    if (known !== undefined) return known;
    const created = create(caller);
    made.set(key, created);
    return created;
  };
}
