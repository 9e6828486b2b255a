import type { Clock } from '@tessera/clock';
import type { VaultConfig } from '@tessera/config';
import {
  createEgressClient,
  createFollowingEgressClient,
  type EgressClient,
  EgressError,
  type EgressResponse,
  parseJsonObject,
} from '@tessera/egress';
import type { TesseraError } from '@tessera/errors';
import type { Logger } from '@tessera/telemetry';
import { vaultRefused, vaultUnavailable } from './vault-errors.ts';
import { isNothingThere, refusalText } from './vault-refusal-text.ts';

/** A request to the HTTP API. */
export interface VaultCall {
  readonly token: string;
  /** Below `/v1/`. */
  readonly path: string;
  /** Makes it a POST. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Longest time for everything, in milliseconds. Default 5 s; the caller's deadline when it is earlier. */
  readonly timeoutMs?: number;
  /** Largest answer, in bytes. Default 1 MiB. */
  readonly maxBytes?: number;
}

/** An answer with the status 200 or 204. */
export interface VaultAnswer {
  readonly data: Readonly<Record<string, unknown>>;
  readonly auth: Readonly<Record<string, unknown>>;
}

/** What became of a request. `missing`: there is nothing at the path. `denied`: 403, the token or its policy. */
export type VaultOutcome =
  | { readonly is: 'answered'; readonly answer: VaultAnswer }
  | { readonly is: 'missing' | 'denied'; readonly error: TesseraError };

/** The HTTP API of a server. */
export interface VaultHttp {
  /** Throws `keys.vault_unavailable`, and `keys.vault_refused` for every refusal that is not in the outcome. */
  call(call: VaultCall): Promise<VaultOutcome>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;
const MAX_LARGE_BYTES = 32 * 1024 * 1024;

/** What looks after the file of authorities. */
interface Around {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Requests to the server of a configuration. Connects, and reads the file of authorities, at the first of them; the file is read
 * again when it changes.
 */
export function createVaultHttp(config: VaultConfig, around: Around): VaultHttp {
  const host = URL.parse(config.addr)?.host ?? config.addr;
  let isClosed = false;
  let opening: Promise<EgressClient> | undefined;
  const open = (): Promise<EgressClient> => {
    opening ??= openClient(config, around).catch((error: unknown) => {
      // The next request tries to read the file again.
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const send = async (call: VaultCall): Promise<EgressResponse> => {
    if (isClosed) throw vaultUnavailable(`the connection to Vault at ${host} is closed`);
    const client = await open();
    try {
      return await client.send({
        url: `${config.addr}/v1/${encodePath(call.path)}`,
        headers: {
          'x-vault-token': call.token,
          'x-vault-request': 'true',
          ...(config.namespace === undefined ? {} : { 'x-vault-namespace': config.namespace }),
        },
        ...(call.body === undefined ? {} : { json: call.body }),
        timeoutMs: call.timeoutMs ?? TIMEOUT_MS,
        maxBytes: call.maxBytes ?? MAX_BYTES,
      });
    } catch (error) {
      throw toVaultError(error, host);
    }
  };
  return {
    call: async (call) => judge(await send(call), call, host),
    async close() {
      isClosed = true;
      await opening?.then(
        (client) => client.close(),
        () => undefined,
      );
    },
  };
}

async function openClient({ addr, caFile }: VaultConfig, around: Around): Promise<EgressClient> {
  const bounds = { policy: 'operator', timeoutMs: MAX_TIMEOUT_MS, maxBytes: MAX_LARGE_BYTES } as const;
  if (caFile === undefined) return createEgressClient(bounds);
  try {
    return await createFollowingEgressClient(bounds, {
      ...around,
      authorities: [caFile],
      besideSystem: false,
      what: `the authorities of Vault at ${addr}`,
    });
  } catch (error) {
    throw vaultRefused(`the file of the authorities of Vault ${caFile} cannot be read`, error);
  }
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function toVaultError(error: unknown, host: string): unknown {
  if (!(error instanceof EgressError)) return error;
  if (error.problem === 'refused') return vaultRefused(`Vault cannot be asked: ${error.message}`, error);
  return vaultUnavailable(`Vault at ${host} did not answer: ${error.message}`, error);
}

function judge({ status, text }: EgressResponse, { path, body }: VaultCall, host: string): VaultOutcome {
  const [method, capability] = body === undefined ? ['GET', 'read'] : ['POST', 'update'];
  if (status === 200 || status === 204) return { is: 'answered', answer: readAnswer(text, host, path) };
  const said = refusalText(text);
  const what = `Vault at ${host} answered ${method} ${path} with ${status}${said === undefined ? '' : ` (${said})`}`;
  if (isNothingThere(status, text)) return { is: 'missing', error: vaultRefused(`${what}: there is nothing there`) };
  switch (status) {
    case 403: {
      const hint = `its token has expired, or no policy of it grants "${capability}" on ${path}`;
      return { is: 'denied', error: vaultRefused(`${what}: ${hint}`) };
    }
    case 404:
      throw vaultRefused(`${what}: there is no Transit engine at this mount, or it is in another namespace`);
    case 400:
    case 405:
      throw vaultRefused(what);
    default:
      // Also 412, 429, 472, 473 and redirections of a standby: another moment, or another node, may do it.
      throw vaultUnavailable(what);
  }
}

function readAnswer(text: string, host: string, path: string): VaultAnswer {
  const members = text === '' ? {} : parseJsonObject(text);
  if (members === undefined) throw vaultUnavailable(`${host} answered ${path} with something that is not of Vault`);
  return { data: asObject(members['data']), auth: asObject(members['auth']) };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
