import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type connectivityState,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { type EtcdMethod, type EtcdMethods, etcdMethods } from './protocol.ts';

/** One member of the cluster, connected again whenever the connection breaks. */
export interface EtcdEndpoint {
  /** Starts connecting where there is no connection. */
  state(): connectivityState;
  /** Settles when it is connected; rejects with the reason when it is not within that time. */
  connected(withinMs: number): Promise<void>;
  /** One call, sent once. Rejects with a gRPC error. */
  call<M extends EtcdMethod>(method: M, request: EtcdMethods[M][0], options: CallOptions): Promise<EtcdMethods[M][1]>;
  /** Connects anew, with these; calls under way end on the connection they are on. */
  useCredentials(credentials: ChannelCredentials): void;
  close(): void;
}

/** How a call is made. */
export interface CallOptions {
  /** In milliseconds of `performance.now()`. */
  readonly deadlineMs: number;
  /** Proof of a user; undefined = none. */
  readonly token?: string;
}

/** What every endpoint is made with. */
export interface EndpointOptions {
  readonly credentials: ChannelCredentials;
  /** Name in the server's certificate; that of the endpoint when left out. */
  readonly serverName?: string;
}

/** More than a page of the largest records. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

const REASON_TIMEOUT_MS = 100;

const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // etcd refuses clients that ask more often than every 5 seconds, or while no call is under way.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 3000,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  // A call whose answer was lost may have been carried out: whoever made it decides about repeating it.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** @param url `http://host:port` or `https://host:port` */
export function openEndpoint(url: string, options: EndpointOptions): EtcdEndpoint {
  const { serverName } = options;
  const named =
    serverName === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName };
  const open = (credentials: ChannelCredentials): Client =>
    new Client(targetOf(url), credentials, { ...CHANNEL_OPTIONS, ...named });
  let client = open(options.credentials);
  const call: EtcdEndpoint['call'] = (name, request, { deadlineMs, token }) =>
    new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = etcdMethods[name];
      const metadata = new Metadata();
      // A member cut off from the others says so at once, instead of waiting for them.
      metadata.set('hasleader', 'true');
      if (token !== undefined) metadata.set('token', token);
      const settle = (error: ServiceError | null, response?: EtcdMethods[typeof name][1]): void => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error(`${name} gave no answer`));
      };
      const deadline = Date.now() + (deadlineMs - performance.now());
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, { deadline }, settle);
    });
  const ready = (withinMs: number): Promise<void> =>
    new Promise((resolve, reject) => {
      client.waitForReady(Date.now() + withinMs, (error) => (error === undefined ? resolve() : reject(error)));
    });
  return {
    state: () => client.getChannel().getConnectivityState(true),
    async connected(withinMs) {
      try {
        await ready(withinMs);
      } catch {
        // Only the error of a call says why there is no connection.
        await call('Range', { key: Buffer.of(0) }, { deadlineMs: performance.now() + REASON_TIMEOUT_MS });
      }
    },
    call,
    useCredentials(credentials) {
      const former = client;
      client = open(credentials);
      former.close();
    },
    close: () => client.close(),
  };
}

/** Where an endpoint's URL points, with etcd's usual port where it names none. */
function targetOf(url: string): string {
  const [, host = '', port = '2379'] = /^https?:\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?/.exec(url) ?? [];
  return `dns:///${host}:${port}`;
}
