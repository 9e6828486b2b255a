import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { IssuedCertificate } from '@tessera/testkit';
import { API } from './addresses.ts';
import { isObject } from './manifests/reading.ts';

/** Who asks the API of Kubernetes. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** What is asked of a Secret. */
export interface SecretRequest {
  readonly verb: 'get' | 'create' | 'update' | 'patch';
  readonly namespace: string;
  /** Empty for `create`. */
  readonly name: string;
}

/** What the API works on. */
export interface ApiBackend {
  findAccount(token: string): Account | undefined;
  isAllowed(account: Account, request: SecretRequest): boolean;
  /** The manifest of a Secret. */
  findSecret(namespace: string, name: string): Record<string, unknown> | undefined;
  /** @throws Error when it is not understood. */
  putSecret(manifest: unknown): void;
}

/** A running API server. */
export interface ApiServer {
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const MAX_BODY_BYTES = 3 * 1024 * 1024;
const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/secrets(?:\/([^/]+))?$/;

/** Starts what pods need of the API of Kubernetes: Secrets, for accounts that have the right to. */
export async function startApiServer(certificate: IssuedCertificate, backend: ApiBackend): Promise<ApiServer> {
  const server = createServer({ cert: certificate.certPem, key: certificate.keyPem }, (request, response) => {
    void answerTo(request, backend)
      .catch((error: unknown) => failure(400, 'BadRequest', String(error)))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
  });
  server.listen(API.port, API.address);
  await once(server, 'listening');
  return {
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answerTo(request: IncomingMessage, backend: ApiBackend): Promise<Answer> {
  const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const account = backend.findAccount(token);
  if (account === undefined) return failure(401, 'Unauthorized', 'Unauthorized');
  const [, namespace, name = ''] = PATH.exec(new URL(request.url ?? '', 'https://api').pathname) ?? [];
  const verb = verbOf(request.method ?? '', name);
  if (namespace === undefined || verb === undefined)
    return failure(404, 'NotFound', `no ${request.method} ${request.url}`);
  if (!backend.isAllowed(account, { verb, namespace, name })) {
    return failure(403, 'Forbidden', `${account.name} cannot ${verb} secrets ${name} in ${namespace}`);
  }
  if (verb === 'get') {
    const found = backend.findSecret(namespace, name);
    return found === undefined ? failure(404, 'NotFound', `secrets "${name}" not found`) : { status: 200, body: found };
  }
  return write(verb, namespace, name, await bodyOf(request), backend);
}

function write(
  verb: SecretRequest['verb'],
  namespace: string,
  named: string,
  body: unknown,
  backend: ApiBackend,
): Answer {
  if (!isObject(body)) return failure(400, 'BadRequest', 'the body is no object');
  const metadata = isObject(body['metadata']) ? body['metadata'] : {};
  const name = named === '' ? String(metadata['name']) : named;
  const found = backend.findSecret(namespace, name);
  if (verb === 'create' && found !== undefined)
    return failure(409, 'AlreadyExists', `secrets "${name}" already exists`);
  if (verb !== 'create' && found === undefined) return failure(404, 'NotFound', `secrets "${name}" not found`);
  const merged = verb === 'patch' ? merge(found, body) : body;
  backend.putSecret({ ...merged, apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name, namespace } });
  return { status: verb === 'create' ? 201 : 200, body: backend.findSecret(namespace, name) };
}

function verbOf(method: string, name: string): SecretRequest['verb'] | undefined {
  if (name === '') return method === 'POST' ? 'create' : undefined;
  return ({ GET: 'get', PUT: 'update', PATCH: 'patch' } as Partial<Record<string, SecretRequest['verb']>>)[method];
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

/** RFC 7396 §2 */
function merge(target: unknown, patch: Record<string, unknown>): Record<string, unknown> {
  const result = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = isObject(value) ? merge(result[name], value) : value;
  }
  return result;
}

function failure(code: number, reason: string, message: string): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message } };
}
