import type { Clock } from '@tessera/clock';
import type { EtcdStorageConfig } from '@tessera/config';
import { currentContext, type Logger, silentLogger } from '@tessera/telemetry';
import type { Access } from '@tessera/watched-files';
import { openStoreAccess } from '../../rules/store-access.ts';
import { storeUnavailable } from '../../rules/store-errors.ts';
import { channelCredentials, isEncrypted } from './credentials.ts';
import { type EtcdEndpoint, openEndpoint } from './endpoint.ts';
import { etcdError, isMemberTrouble, isPasswordRefused, isStaleToken } from './errors.ts';
import { createMembers, type Members } from './members.ts';
import type { EtcdMethod, EtcdMethods, RangeRequest, RangeResponse, TxnRequest, TxnResponse } from './protocol.ts';

/** Calls to a cluster. They reject with a TesseraError, `unavailable` when it cannot be reached or does not answer in time. */
export interface EtcdConnection {
  /** A read, repeated at another member when one does not answer. */
  range(request: RangeRequest): Promise<RangeResponse>;
  /** Reads of one moment, repeated likewise; at most 128. */
  ranges(requests: readonly RangeRequest[]): Promise<readonly RangeResponse[]>;
  /** A change, sent once: when its answer is lost nobody knows whether it was made. */
  txn(request: TxnRequest): Promise<TxnResponse>;
  /** Id of a new lease. */
  grantLease(ttlSeconds: number): Promise<string>;
  /** Ends a lease, and with it every key that was put under it. */
  revokeLease(id: string): Promise<void>;
  close(): void;
}

/** The longest wait for one answer. */
const CALL_TIMEOUT_MS = 5000;
/** The same for a read that another member can answer. */
const TRY_TIMEOUT_MS = 2000;
/** A read may take so long even when its caller's deadline is nearer: it may be what the caller is told at the last moment. */
const READ_GRACE_MS = 1000;

/**
 * Connects in the background, for as long as it takes. With other certificates it connects anew; another password is for the
 * next time that the cluster asks for one.
 *
 * @param logger told of passwords and certificates that change. Default: nobody is.
 * @throws TesseraError `storage.cannot_open` when a TLS or password file cannot be read.
 */
export function connectEtcd(config: EtcdStorageConfig, clock: Clock, logger: Logger = silentLogger): EtcdConnection {
  const { password, passwordFile } = config;
  const { serverName, ...files } = config.ssl;
  const tls = isEncrypted(config) ? files : {};
  const access = openStoreAccess({ store: 'etcd', password, passwordFile, tls }, logger);
  const options = {
    credentials: channelCredentials(config, access.tls.current()),
    ...(serverName === undefined ? {} : { serverName }),
  };
  const endpoints = config.endpoints.map((url) => openEndpoint(url, options));
  access.tls.onChange((material) => {
    const fresh = channelCredentials(config, material);
    for (const endpoint of endpoints) endpoint.useCredentials(fresh);
  });
  const members = createMembers(endpoints);
  const caller = createCaller(config, { members, clock, access });
  const read = <M extends EtcdMethod>(method: M, request: EtcdMethods[M][0]): Promise<EtcdMethods[M][1]> =>
    caller.call(method, request, { tries: endpoints.length, graceMs: READ_GRACE_MS });
  return {
    range: (request) => read('Range', request),
    async ranges(requests) {
      if (requests.length === 0) return [];
      const success = requests.map((request) => ({ request_range: request }));
      const { responses } = await read('Txn', { compare: [], success, failure: [] });
      return responses.flatMap(({ response_range }) => (response_range === undefined ? [] : [response_range]));
    },
    txn: (request) => caller.call('Txn', request, ONCE),
    grantLease: async (ttlSeconds) => (await caller.call('LeaseGrant', { TTL: ttlSeconds }, ONCE)).ID,
    async revokeLease(id) {
      await caller.call('LeaseRevoke', { ID: id }, ONCE);
    },
    close() {
      access.close();
      caller.close();
      members.close();
    },
  };
}

interface Attempts {
  /** How many members are asked at most. */
  readonly tries: number;
  /** How long it may take whatever the caller's deadline is. */
  readonly graceMs: number;
}

/** A change is sent once, and not begun when nobody waits for it any more. */
const ONCE: Attempts = { tries: 1, graceMs: 0 };

interface Caller {
  call<M extends EtcdMethod>(method: M, request: EtcdMethods[M][0], attempts: Attempts): Promise<EtcdMethods[M][1]>;
  close(): void;
}

interface CallerParts {
  readonly access: Access;
  readonly members: Members;
  readonly clock: Clock;
}

function createCaller({ username }: EtcdStorageConfig, { members, clock, access }: CallerParts): Caller {
  let isClosed = false;
  let token: Promise<string> | undefined;

  const authenticate = (endpoint: EtcdEndpoint, name: string, deadlineMs: number): Promise<string> => {
    const ask = (password: string) => endpoint.call('Authenticate', { name, password }, { deadlineMs });
    const asked = access.password.use(ask, isPasswordRefused).then((answer) => answer.token);
    token = asked;
    asked.catch(() => {
      if (token === asked) token = undefined;
    });
    return asked;
  };
  const callOnce = async <M extends EtcdMethod>(
    endpoint: EtcdEndpoint,
    method: M,
    request: EtcdMethods[M][0],
    deadlineMs: number,
  ): Promise<EtcdMethods[M][1]> => {
    if (username === undefined) return endpoint.call(method, request, { deadlineMs });
    const used = token ?? authenticate(endpoint, username, deadlineMs);
    try {
      return await endpoint.call(method, request, { deadlineMs, token: await used });
    } catch (thrown) {
      if (!isStaleToken(thrown)) throw thrown;
      if (token === used) token = undefined;
      const fresh = token ?? authenticate(endpoint, username, deadlineMs);
      return endpoint.call(method, request, { deadlineMs, token: await fresh });
    }
  };
  const pick = (): Promise<EtcdEndpoint> =>
    members.pick().catch((thrown: unknown) => {
      // The certificates may be why; the next call has those of the files.
      void access.tls.check();
      throw thrown;
    });
  return {
    async call(method, request, { tries, graceMs }) {
      const limitMs = performance.now() + patienceMs(clock, graceMs);
      for (let attempt = 1; ; attempt += 1) {
        if (isClosed) throw storeUnavailable('etcd');
        const endpoint = await pick();
        const isLast = attempt >= tries;
        const deadlineMs = isLast ? limitMs : Math.min(limitMs, performance.now() + TRY_TIMEOUT_MS);
        if (deadlineMs <= performance.now()) throw storeUnavailable('etcd');
        try {
          return await callOnce(endpoint, method, request, deadlineMs);
        } catch (thrown) {
          if (isMemberTrouble(thrown)) members.avoid(endpoint);
          if (isLast || !isMemberTrouble(thrown)) throw etcdError(thrown);
        }
      }
    },
    close() {
      isClosed = true;
    },
  };
}

/** How long an answer is of use. */
function patienceMs(clock: Clock, graceMs: number): number {
  const deadlineMs = currentContext()?.deadlineMs ?? Number.POSITIVE_INFINITY;
  return Math.min(CALL_TIMEOUT_MS, Math.max(deadlineMs - clock.monotonicMs(), graceMs));
}
