import { callDeadlineMs } from '@tessera/rpc';
import { Agent, type Dispatcher, request } from 'undici';
import { createCallLimit } from './call-limit.ts';
import { EgressError } from './egress-error.ts';
import { checkUrl, type EgressPolicy } from './policy.ts';
import { createPublicLookup } from './public-lookup.ts';

/** Largest answer that is read, in bytes. */
const MAX_RESPONSE_BYTES = 256 * 1024;
const TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 3000;
const MAX_CONNECTIONS_PER_HOST = 16;
/** Calls to one host that may run or wait for a connection at one time. */
const MAX_CALLS_PER_HOST = 128;
const MAX_CALLS = 1024;

/** A request to somewhere outside. */
export interface EgressRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Form body; its presence makes the request a POST. */
  readonly form?: URLSearchParams;
  /** JSON body instead of a form; makes the request a POST as well. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Largest answer in bytes, where less is enough than the client would read. */
  readonly maxBytes?: number;
  /** Time for everything, where less is enough than the client would wait. */
  readonly timeoutMs?: number;
  /** Only the status is wanted: of the body no more is read than it takes to be rid of it, and `text` is empty. */
  readonly statusOnly?: true;
}

/** An answer, whatever its status; a redirect is an answer like any other. */
export interface EgressResponse {
  readonly status: number;
  /** Media type in lower case, without parameters; empty when missing. */
  readonly mediaType: string;
  readonly text: string;
}

/** The one way out by HTTP. */
export interface EgressClient {
  /** Throws {@link EgressError}. */
  send(request: EgressRequest): Promise<EgressResponse>;
  close(): Promise<void>;
}

/** How a client is made. */
export interface EgressClientOptions {
  readonly policy: EgressPolicy;
  /** PEM certificates of authorities to trust instead of the runtime's own. */
  readonly authorities?: readonly string[];
  /** Accepts any server certificate. Default false. */
  readonly insecureSkipVerify?: boolean;
  /** Largest answer in bytes. Default 256 KiB. */
  readonly maxBytes?: number;
  /** Time for everything, from the connection to the last byte. Default 5 s; the caller's deadline when it is earlier. */
  readonly timeoutMs?: number;
  /** Calls to one host at one time; one more is refused as `too-many`. Default 128. */
  readonly maxCallsPerHost?: number;
}

/** A client that follows no redirects, and reads no longer and no more than it must (N45, N46, N47). */
export function createEgressClient(options: EgressClientOptions): EgressClient {
  const { policy, maxBytes = MAX_RESPONSE_BYTES, timeoutMs = TIMEOUT_MS } = options;
  const agent = new Agent({
    connections: MAX_CONNECTIONS_PER_HOST,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: options.insecureSkipVerify !== true,
      ...(options.authorities === undefined ? {} : { ca: [...options.authorities] }),
      ...(policy === 'public' ? { lookup: createPublicLookup() } : {}),
    },
  });
  const limit = createCallLimit({ perHost: options.maxCallsPerHost ?? MAX_CALLS_PER_HOST, total: MAX_CALLS });
  return {
    async send(outgoing) {
      const url = checkUrl(policy, outgoing.url);
      const allowedMs = Math.min(timeoutMs, outgoing.timeoutMs ?? timeoutMs);
      const leftMs = Math.floor(callDeadlineMs(allowedMs) - performance.now());
      if (leftMs <= 0) throw new EgressError('too-slow', `no time left to ask ${url.host}`);
      const bounds = { maxBytes: Math.min(maxBytes, outgoing.maxBytes ?? maxBytes), leftMs };
      return limit(url.host, () => exchange(agent, { url, outgoing, ...bounds }));
    },
    close: () => agent.destroy(),
  };
}

interface Exchange {
  readonly url: URL;
  readonly outgoing: EgressRequest;
  readonly maxBytes: number;
  readonly leftMs: number;
}

async function exchange(agent: Agent, { url, outgoing, maxBytes, leftMs }: Exchange): Promise<EgressResponse> {
  const signal = AbortSignal.timeout(leftMs);
  try {
    const response = await request(url, { dispatcher: agent, signal, ...toRequestOptions(outgoing) });
    const { statusCode: status, headers, body } = response;
    const mediaType = mediaTypeOf(headers['content-type']);
    if (outgoing.statusOnly === true) {
      // The status is there; what becomes of the rest does not change it.
      await body.dump({ limit: maxBytes, signal }).catch(() => undefined);
      return { status, mediaType, text: '' };
    }
    return { status, mediaType, text: await readText(body, { maxBytes, host: url.host }) };
  } catch (thrown) {
    throw toEgressError(thrown, signal, url.host);
  }
}

function toRequestOptions(outgoing: EgressRequest) {
  const headers = { accept: 'application/json', 'accept-encoding': 'identity', ...outgoing.headers };
  const body = toBody(outgoing);
  if (body === undefined) return { method: 'GET', headers } as const;
  return { method: 'POST', headers: { ...headers, 'content-type': body.mediaType }, body: body.text } as const;
}

function toBody({ form, json }: EgressRequest): { readonly mediaType: string; readonly text: string } | undefined {
  if (form !== undefined) return { mediaType: 'application/x-www-form-urlencoded', text: form.toString() };
  return json === undefined ? undefined : { mediaType: 'application/json', text: JSON.stringify(json) };
}

async function readText(
  body: Dispatcher.ResponseData['body'],
  { maxBytes, host }: { readonly maxBytes: number; readonly host: string },
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (size > maxBytes) throw new EgressError('too-large', `${host} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function mediaTypeOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? (header.split(';', 1)[0] ?? '').trim().toLowerCase() : '';
}

function toEgressError(thrown: unknown, signal: AbortSignal, host: string): EgressError {
  if (thrown instanceof EgressError) return thrown;
  if (signal.aborted) return new EgressError('too-slow', `${host} did not answer in time`, thrown);
  return new EgressError('unreachable', `${host} cannot be reached`, thrown);
}
