import { type Clock, systemClock } from '@tessera/clock';
import type { TesseraConfig } from '@tessera/config';
import type { ServiceName } from '@tessera/contracts';
import { type RpcServer, startRpcServer } from '@tessera/rpc';
import { createMetrics, type Logger, noMetrics } from '@tessera/telemetry';
import { createWatchSharing, type WatchSharing } from '@tessera/watched-files';
import { composeServices } from '../compose/compose-services.ts';
import { type ListenOverrides, type ListenPlan, planListeners } from '../compose/listen-plan.ts';
import { createNeighbours, dependencies, type Neighbours } from '../compose/neighbours.ts';
import { resolveRpcSecurity } from '../compose/rpc-security.ts';
import { sharedStateWarnings } from '../compose/shared-state.ts';
import type { Targets } from '../compose/targets.ts';
import { endWaitingWhenDraining } from './draining-bindings.ts';
import { type ListenerContext, type OpenListener, openHealth, openHttp } from './http-listeners.ts';
import { assertCanListen, listenFailure } from './listen-failure.ts';
import { createCallMetrics, type MeasureBindings } from './measured-bindings.ts';
import type { ProcessState } from './process-state.ts';
import { createRequestMetrics } from './request-metrics.ts';

/** What one process of Tessera is started with. */
export interface StartOptions {
  readonly config: TesseraConfig;
  /** Name of the configuration file, for messages. */
  readonly fileName: string;
  readonly targets: Targets;
  readonly listen?: ListenOverrides;
  readonly logger: Logger;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** Tessera running in this process. */
export interface RunningTessera {
  /** What is open now; the whole issuer opens when it is ready, separate services at once. */
  readonly listeners: readonly OpenListener[];
  /** Settles when all services can do their work. */
  readonly ready: Promise<void>;
  /** Reports itself unhealthy from now on, and goes on working. */
  leave(): void;
  /**
   * Reports itself unhealthy, stops listening, lets work in flight finish for `graceMs` at most, and closes everything: the
   * listener of `telemetry.http` last, so that whoever looks is told until the end.
   */
  close(graceMs: number): Promise<void>;
}

const KEEP_ALIVE_MS = 60_000;

/**
 * Starts the targets in this process. It takes public requests only once it is ready, so that a gateway goes on to another
 * replica meanwhile; separate services may be started in any order, and tell how they are at `telemetry.http`.
 * Throws CommandFailure or TesseraError for what a person has to mend; nothing is left open then.
 */
export async function startTessera(options: StartOptions): Promise<RunningTessera> {
  const { config, targets, fileName, logger } = options;
  const plan = planListeners(config, targets, options.listen);
  const listeners: OpenListener[] = [];
  const state: ProcessState = { phase: 'starting', composition: undefined };
  const certificates = createWatchSharing();
  const opened: Opened = {
    listeners,
    rpcServers: [],
    readyServices: new Set(),
    state,
    neighbours: createNeighbours(config, securityOf(options, plan, certificates)),
    certificates,
    draining: new AbortController(),
  };
  // Timers of the clock keep no process alive; nothing listens yet, and where only events are carried nothing ever does.
  const untilClosed = setInterval(() => undefined, KEEP_ALIVE_MS);
  const close = (graceMs: number): Promise<void> => {
    clearInterval(untilClosed);
    return closeAll(opened, logger, graceMs);
  };
  const leave = (): void => leaveTraffic(opened);
  try {
    for (const listen of [...plan.http, ...plan.rpc]) await assertCanListen(listen, fileName);
    for (const warning of sharedStateWarnings(config, targets)) logger.warn({}, warning);
    const metrics = config.telemetry.http === undefined ? noMetrics : createMetrics();
    metrics.gauge('tessera_ready', '1 while this process takes requests, 0 before and while it ends.', () =>
      state.phase === 'serving' ? 1 : 0,
    );
    const context = { config, fileName, logger, metrics, state, onAnswer: createRequestMetrics(metrics) };
    await openTelemetry(context, opened);
    state.composition = await composeServices({
      config,
      targets,
      clock: options.clock ?? systemClock,
      logger,
      metrics,
      neighbours: opened.neighbours,
    });
    await openRpc(plan, options, opened, createCallMetrics(metrics));
    const ready = whenReady(opened, logger).then(() => openPublicHttp(plan, context, opened));
    // Whoever waits for it is told; until somebody does, a rejection must not end the process.
    ready.catch(() => undefined);
    if (targets.isWhole) await ready;
    return { listeners, ready, leave, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

interface Opened {
  readonly listeners: OpenListener[];
  readonly rpcServers: RpcServer[];
  /** Each by itself: services of two processes may wait for one another crosswise. */
  readonly readyServices: Set<ServiceName>;
  readonly state: ProcessState;
  readonly neighbours: Neighbours;
  readonly draining: AbortController;
  readonly certificates: WatchSharing;
}

async function openPublicHttp(plan: ListenPlan, context: ListenerContext, { listeners, state }: Opened): Promise<void> {
  for (const listen of plan.http) {
    if (state.phase !== 'serving') return;
    const listener = await openHttp(listen, context);
    listeners.push(listener);
    // Told to end while it opened: nobody else would close it.
    if (isDraining(state)) await listener.close(0);
  }
}

function isDraining({ phase }: ProcessState): boolean {
  return phase === 'draining';
}

async function openTelemetry(context: ListenerContext, { listeners }: Opened): Promise<void> {
  const { http } = context.config.telemetry;
  if (http !== undefined) listeners.push(await openHealth(http, context));
}

async function openRpc(
  plan: ListenPlan,
  options: StartOptions,
  opened: Opened,
  measured: MeasureBindings,
): Promise<void> {
  const security = securityOf(options, plan, opened.certificates);
  for (const listen of plan.rpc) {
    const service = opened.state.composition?.services.find(({ name }) => name === listen.service);
    const server = await startRpcServer({
      service: listen.service,
      listen: listen.address.startsWith(':') ? `[::]${listen.address}` : listen.address,
      security,
      bindings: measured(endWaitingWhenDraining(service?.bindings ?? [], opened.draining.signal)),
      logger: options.logger,
      isReady: () => opened.readyServices.has(listen.service),
    }).catch((error: unknown) => {
      throw listenFailure(error, listen, options.fileName);
    });
    opened.rpcServers.push(server);
    opened.listeners.push({
      what: `grpc of ${listen.service}`,
      address: listen.address,
      port: server.port,
      close: (graceMs) => server.close(graceMs),
    });
  }
}

function securityOf(
  { config, targets, logger }: StartOptions,
  plan: ListenPlan,
  sharing: WatchSharing,
): ReturnType<typeof resolveRpcSecurity> {
  const dialled = targets.services
    .flatMap((service) => dependencies[service])
    .filter((service) => !targets.services.includes(service))
    .flatMap((service) => config.services[service].addresses);
  if (targets.isWhole) return { type: 'plaintext' };
  const addresses = [...plan.rpc.map(({ address }) => address), ...dialled];
  const security = resolveRpcSecurity(config, targets.services, addresses);
  return security.type === 'mtls' ? { ...security, logger, sharing } : security;
}

async function whenReady({ state, rpcServers, readyServices }: Opened, logger: Logger): Promise<void> {
  const services = state.composition?.services ?? [];
  await Promise.all(
    services.map(async (service) => {
      await service.ready();
      readyServices.add(service.name);
      logger.debug({ name: service.name }, 'service is ready');
    }),
  );
  if (state.phase !== 'starting') return;
  state.phase = 'serving';
  for (const server of rpcServers) server.setServing(true);
}

function leaveTraffic({ rpcServers, state }: Opened): void {
  state.phase = 'draining';
  for (const server of rpcServers) server.setServing(false);
}

async function closeAll(opened: Opened, logger: Logger, graceMs: number): Promise<void> {
  const { listeners, state, neighbours, draining } = opened;
  leaveTraffic(opened);
  draining.abort();
  const isTold = ({ what }: OpenListener): boolean => what === 'health';
  await Promise.all(listeners.filter((listener) => !isTold(listener)).map((listener) => listener.close(graceMs)));
  await state.composition
    ?.close()
    .catch((error: unknown) => logger.warn({ err: error }, 'a service did not close well'));
  neighbours.close();
  await Promise.all(listeners.filter(isTold).map((listener) => listener.close(0)));
}
