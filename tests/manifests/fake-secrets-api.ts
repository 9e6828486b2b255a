import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createCertificateAuthority, createTempDirectory } from '@tessera/testkit';

/** A Secret as it is posted. */
export interface PostedSecret {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly type: string;
  readonly stringData: Readonly<Record<string, string>>;
}

/** The part of the API of Kubernetes that makes Secrets, and the account of a pod that may. */
export interface FakeSecretsApi extends AsyncDisposable {
  readonly secrets: Map<string, PostedSecret>;
  /** Each request, as `GET name 404`. */
  readonly requests: readonly string[];
  /** The folder of the account: `token`, `namespace` and `ca.crt`. */
  readonly account: string;
  /** What every container is told. */
  readonly environment: Readonly<Record<string, string>>;
  /** Asked before each answer; a status it gives is answered instead. */
  interrupt: (method: string, name: string) => Promise<number | undefined>;
}

const TOKEN = 'token-of-the-pod';

/** Starts it, with TLS. */
export async function startFakeSecretsApi(): Promise<FakeSecretsApi> {
  const directory = await createTempDirectory('secrets-api');
  const account = directory.path;
  const authority = await createCertificateAuthority('cluster');
  const { certPem, keyPem } = await authority.issue({ commonName: 'api', ipAddresses: ['127.0.0.1'] });
  await writeFile(join(account, 'ca.crt'), authority.caPem);
  await writeFile(join(account, 'token'), `${TOKEN}\n`);
  await writeFile(join(account, 'namespace'), 'login');
  const secrets = new Map<string, PostedSecret>();
  const requests: string[] = [];
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const { method = '', url = '', headers } = request;
    void bodyOf(request).then(async (body) => {
      const posted = body === '' ? undefined : (JSON.parse(body) as PostedSecret);
      const name = posted?.metadata.name ?? url.split('/').at(-1) ?? '';
      const isOurs = headers.authorization === `Bearer ${TOKEN}` && url.startsWith('/api/v1/namespaces/login/secrets');
      const status = (await api.interrupt(method, name)) ?? (isOurs ? answer(secrets, name, posted) : 403);
      requests.push(`${method} ${name} ${status}`);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(status === 200 ? encoded(secrets.get(name)) : { kind: 'Status' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: FakeSecretsApi = {
    secrets,
    requests,
    account,
    environment: {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port),
      NODE_EXTRA_CA_CERTS: join(account, 'ca.crt'),
    },
    interrupt: () => Promise.resolve(undefined),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await directory[Symbol.asyncDispose]();
    },
  };
  return api;
}

/** As the API: of several that make a Secret of one name, the first does. */
function answer(secrets: Map<string, PostedSecret>, name: string, posted: PostedSecret | undefined): number {
  if (posted === undefined) return secrets.has(name) ? 200 : 404;
  if (secrets.has(name)) return 409;
  secrets.set(name, posted);
  return 201;
}

function encoded(secret: PostedSecret | undefined): unknown {
  const data = Object.entries(secret?.stringData ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return { ...secret, stringData: undefined, data: Object.fromEntries(data) };
}

async function bodyOf(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
