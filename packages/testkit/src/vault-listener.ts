import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { VaultFields } from './vault-fields.ts';
import { VaultRefusal } from './vault-refusal.ts';
import { answerVault, type VaultState } from './vault-routes.ts';

/** A request that was answered. */
export interface VaultRequest {
  readonly method: string;
  /** Below `/v1/`. */
  readonly path: string;
  readonly namespace: string;
  readonly body: VaultFields;
  readonly status: number;
}

/** What is sent back. */
export interface VaultReply {
  readonly status: number;
  readonly body: string;
}

/** Changes an answer on its way out. */
export type VaultTampering = (reply: VaultReply, request: Omit<VaultRequest, 'status'>) => VaultReply;

/** What a listener does beside answering, as a test wants it at the moment. */
export interface VaultMood {
  isSealed: boolean;
  latencyMs: number;
  tamper: VaultTampering | undefined;
}

/** What a listener is made of. */
export interface VaultListenerOptions {
  readonly state: VaultState;
  readonly namespace: string;
  readonly mood: VaultMood;
  /** Where answered requests are noted, at most a thousand. */
  readonly requests: VaultRequest[];
  /** Answers that are held back are never given once it is aborted. */
  readonly signal: AbortSignal;
}

const MAX_REQUESTS = 1000;
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Answers requests to the HTTP API. */
export function createVaultListener(options: VaultListenerOptions): RequestListener {
  const { state, namespace, mood, requests, signal } = options;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = await readRequest(request);
    if (mood.latencyMs > 0) await delay(mood.latencyMs, undefined, { signal });
    const honest = await reply(async () => {
      if (mood.isSealed) throw new VaultRefusal(503, 'Vault is sealed');
      const call = readCall(request, seen);
      const token = seen.namespace === namespace ? state.tokens.find(readHeader(request, 'token')) : undefined;
      if (token === undefined) throw new VaultRefusal(403, 'permission denied');
      return answerVault(state, { ...call, token });
    });
    const { status, body: text } = mood.tamper?.(honest, seen) ?? honest;
    requests.push({ ...seen, status });
    requests.splice(0, requests.length - MAX_REQUESTS);
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
  return (request, response) => void answer(request, response).catch(() => response.destroy());
}

async function readRequest(request: IncomingMessage): Promise<Omit<VaultRequest, 'status'>> {
  const body = await readBody(request);
  const path = (request.url ?? '').replace(/^\/v1\//, '');
  return { method: request.method ?? '', path, namespace: readHeader(request, 'namespace'), body };
}

async function readBody(request: IncomingMessage): Promise<VaultFields> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('a request larger than Vault takes');
    chunks.push(chunk);
  }
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as VaultFields);
}

function readHeader(request: IncomingMessage, name: 'token' | 'namespace'): string {
  const value = request.headers[`x-vault-${name}`];
  return typeof value === 'string' ? value : '';
}

function readCall(request: IncomingMessage, { method, path, body }: Omit<VaultRequest, 'status'>) {
  if (request.url?.startsWith('/v1/') !== true) throw new VaultRefusal(404, 'no handler for this path');
  if (request.headers['x-vault-request'] !== 'true') throw new VaultRefusal(412, 'X-Vault-Request is missing');
  if (method !== 'GET' && method !== 'POST') throw new VaultRefusal(405, 'unsupported operation');
  const isJson = request.headers['content-type'] === 'application/json';
  if (method === 'POST' && !isJson) throw new VaultRefusal(400, 'the body is not said to be JSON');
  return { method, path, fields: body } as const;
}

async function reply(work: () => ReturnType<typeof answerVault>): Promise<VaultReply> {
  try {
    const members = await work();
    if (members === undefined) return { status: 204, body: '' };
    return { status: 200, body: JSON.stringify({ request_id: 'of-a-test', data: null, auth: null, ...members }) };
  } catch (error) {
    if (!(error instanceof VaultRefusal)) throw error;
    return { status: error.status, body: JSON.stringify({ errors: error.isSilent ? [] : [error.message] }) };
  }
}
