import { AsyncLocalStorage } from 'node:async_hooks';
import { addSeconds, type Clock, type Timer } from '@tessera/clock';
import type { ClientDirectory, LogoutDelivery, LogoutDeliveryResult, Storage } from '@tessera/contracts';
import type { EgressClient } from '@tessera/egress';
import type { EventLog } from '@tessera/events';
import type { Client } from '@tessera/oauth';
import type { Logger } from '@tessera/telemetry';
import { createLogoutToken, type LogoutTokenContext } from './logout-token.ts';

/** What deliveries take. */
export interface LogoutDelivererOptions extends LogoutTokenContext {
  readonly storage: Pick<Storage, 'takeLogoutDeliveries' | 'settleLogoutDeliveries'>;
  readonly clients: Pick<ClientDirectory, 'find' | 'ready'>;
  readonly egress: Pick<EgressClient, 'send'>;
  readonly events: Pick<EventLog, 'record'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells clients of sessions that ended, behind the answers to people. */
export interface LogoutDeliverer {
  /** Looks for something to deliver, now or as soon as the clients are known. Never throws, and waits for nothing. */
  wake(): void;
  /** Stops looking, and waits for what is under way: a few seconds at most. */
  close(): Promise<void>;
}

/** Deliveries at one time. */
const PARALLEL = 16;
/** How often it is looked for what another replica left behind, or what is to be tried again. */
const LOOK_MS = 15_000;
/** Longer than an attempt takes: what is not settled by then is somebody else's. */
const LEASE_SECONDS = 60;
const ATTEMPT = { statusOnly: true, maxBytes: 4_096, timeoutMs: 5_000 } as const;
/** Pauses after the first, second … failed attempt, in seconds; then the last of them. */
const PAUSES_SECONDS = [5, 30, 120, 600, 3_600] as const;

type Outcome = 'told' | 'refused' | 'nobody-to-tell' | 'failed';

/**
 * Delivers logout tokens (OIDC Back-Channel Logout §2.5): what is kept in storage, by whichever replica comes first, until the
 * client answers or a day is over. It looks at start, when it is woken, and now and then. It may tell a client twice, when a
 * process dies between the answer and its note.
 */
export function createLogoutDeliverer(options: LogoutDelivererOptions): LogoutDeliverer {
  const { clients, clock, logger } = options;
  let isClosed = false;
  let isReady = false;
  let isWanted = false;
  let isRunning = false;
  let running = Promise.resolve();
  let timer: Timer | undefined;
  // A request's deadline ends its own work; this must go on after it.
  const outside = AsyncLocalStorage.snapshot();

  const work = async (): Promise<void> => {
    isRunning = true;
    while (isWanted && !isClosed) {
      isWanted = false;
      try {
        if (await deliverSome(options)) isWanted = true;
      } catch (err) {
        logger.warn({ err }, 'logout deliveries could not be read or noted; looking again later');
      }
    }
    isRunning = false;
  };
  const wake = (): void => {
    isWanted = true;
    if (isReady && !isClosed && !isRunning) running = outside(work);
  };
  // Before that each client looks like one that is gone, and nobody would be told.
  const begin = async (): Promise<void> => {
    await clients.ready();
    isReady = true;
    wake();
  };
  const arm = (): void => {
    timer = clock.schedule(LOOK_MS, () => {
      arm();
      wake();
    });
  };
  arm();
  // What can never be loaded ends the start of the whole process, and is told there.
  void begin().catch(() => undefined);
  return {
    wake,
    async close() {
      isClosed = true;
      timer?.cancel();
      await running;
    },
  };
}

/** One round. Whether there may be more of them now. */
async function deliverSome(options: LogoutDelivererOptions): Promise<boolean> {
  const { storage } = options;
  const taken = await storage.takeLogoutDeliveries(PARALLEL, LEASE_SECONDS);
  if (taken.length === 0) return false;
  const results = await Promise.all(taken.map((delivery) => deliver(options, delivery)));
  await storage.settleLogoutDeliveries(results);
  return taken.length === PARALLEL;
}

async function deliver(options: LogoutDelivererOptions, delivery: LogoutDelivery): Promise<LogoutDeliveryResult> {
  const { clients, clock, events, logger } = options;
  const { id, clientId, sessionId, attempts } = delivery;
  const client = clients.find(clientId);
  const outcome = await attempt(options, client, delivery);
  const done = { id };
  const session = sessionId === undefined ? {} : { sessionId };
  switch (outcome) {
    case 'told':
    case 'nobody-to-tell':
      return done;
    case 'refused':
      events.record('session.logout_undelivered', clientId, { clientId, ...session, reason: 'refused', attempts });
      return done;
    case 'failed': {
      const pause = PAUSES_SECONDS[Math.min(attempts, PAUSES_SECONDS.length) - 1] ?? PAUSES_SECONDS[0];
      const retryAt = addSeconds(clock.now(), pause);
      if (retryAt < delivery.expiresAt) return { id, retryAt };
      logger.error({ client_id: clientId, attempts }, 'client could not be told of a logout, and is told no more');
      events.record('session.logout_undelivered', clientId, { clientId, ...session, reason: 'unreachable', attempts });
      return done;
    }
  }
}

/** OIDC Back-Channel Logout §2.8: 200 is success, 204 as good, and 400 says that the client wants none of it. */
async function attempt(
  options: LogoutDelivererOptions,
  client: Client | undefined,
  delivery: LogoutDelivery,
): Promise<Outcome> {
  const { egress, logger } = options;
  const url = client?.settings.backchannelLogoutUri;
  if (client === undefined || url === undefined) return 'nobody-to-tell';
  const about = { client_id: client.id, host: URL.parse(url)?.host, attempts: delivery.attempts };
  try {
    const token = await createLogoutToken(options, client, delivery);
    const { status } = await egress.send({ url, form: new URLSearchParams({ logout_token: token }), ...ATTEMPT });
    if (status === 200 || status === 204) {
      logger.info(about, 'client told of a logout');
      return 'told';
    }
    logger.warn({ ...about, status }, 'client did not take a logout token');
    return status === 400 ? 'refused' : 'failed';
  } catch (err) {
    logger.warn({ ...about, err }, 'client could not be told of a logout');
    return 'failed';
  }
}
