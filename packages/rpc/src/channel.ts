import { isIP } from 'node:net';
import { Client } from '@grpc/grpc-js';
import { certificateName, channelCredentials, type RpcSecurity } from './tls.ts';

/** A connection to all replicas of one service, spread round robin. */
export interface RpcChannel {
  /** The service at the far end. */
  readonly target: string;
  /** The service at this end. */
  readonly caller: string;
  readonly client: Client;
  close(): void;
}

/** What a channel is made of. */
export interface RpcChannelOptions {
  readonly caller: string;
  readonly target: string;
  /** `host:port` of each replica, or one name that resolves to all of them. */
  readonly addresses: readonly string[];
  readonly security: RpcSecurity;
}

/** Requests are batches of bounded size; answers may be whole lists, as that of all clients. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** A replica that comes back is used again within about this time. */
const LONGEST_RECONNECT_PAUSE_MS = 800;
/**
 * A replica that hangs while its connections stay open is given up after both together, while calls are under way: so
 * early that within the usual deadline of five seconds another replica can answer what may be repeated.
 */
const PING_PAUSE_MS = 1_000;
/** Longer than a busy event loop takes to answer a ping. */
const PING_TIMEOUT_MS = 2_000;
/** A rolling update replaces every address; the new ones must be known before the last old one is gone. */
const DNS_PAUSE_MS = 2_000;

/** Dials a service. Connections are made when first needed and again, quickly, whenever they break. */
export function createChannel(options: RpcChannelOptions): RpcChannel {
  const { credentials, close } = channelCredentials(options.security, options.caller);
  const client = new Client(dialTarget(options.addresses), credentials, {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    // The service configuration has no retry policy, so only calls that no server has seen are sent again.
    'grpc.enable_retries': 1,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.dns_min_time_between_resolutions_ms': DNS_PAUSE_MS,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_PAUSE_MS,
    'grpc.keepalive_time_ms': PING_PAUSE_MS,
    'grpc.keepalive_timeout_ms': PING_TIMEOUT_MS,
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    'grpc.max_send_message_length': MAX_REQUEST_BYTES,
    ...(options.security.type === 'mtls'
      ? {
          'grpc.ssl_target_name_override': certificateName(options.target),
          'grpc.default_authority': certificateName(options.target),
        }
      : {}),
  });
  return {
    target: options.target,
    caller: options.caller,
    client,
    close() {
      client.close();
      close();
    },
  };
}

/** Several IP addresses become one target of their own kind; a name is resolved anew as replicas come and go. */
function dialTarget(addresses: readonly string[]): string {
  const [first = ''] = addresses;
  if (addresses.length === 1 && first.includes('///')) return first;
  const families = addresses.map((address) => isIP(address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')));
  if (families.every((family) => family === 4)) return `ipv4:${addresses.join(',')}`;
  if (families.every((family) => family === 6)) return `ipv6:${addresses.join(',')}`;
  if (addresses.length === 1) return `dns:///${first}`;
  throw new TypeError(`several addresses of one service must all be IP addresses: ${addresses.join(', ')}`);
}
