import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, serviceNames } from '@tessera/contracts';
import {
  createTempDirectory,
  createUserAgent,
  freePort,
  type RunningProcess,
  runProgram,
  startNginx,
  startPostgres,
  startProcess,
  startRedis,
  waitFor,
} from '@tessera/testkit';
import { Client } from 'pg';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const REDIRECT_URI = 'http://127.0.0.1:5555/callback';

const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8');

interface Places {
  readonly folder: string;
  readonly issuerPort: number;
  readonly postgresPort: number;
  readonly redisPort: number;
  readonly grpc: Readonly<Record<string, number>>;
  readonly http: Readonly<Record<string, number>>;
}

/** The committed configuration as one service sees it, with the containers' names and folders replaced by those of here. */
async function configurationOf(service: ServiceName, places: Places): Promise<string> {
  const { folder, issuerPort, postgresPort, redisPort } = places;
  const { grpc, http } = places;
  const text = (await read('deploy/config/compose.yaml'))
    .replace('http://127.0.0.1:5556/dex', `http://127.0.0.1:${issuerPort}/dex`)
    .replace('host: postgres', `host: 127.0.0.1:${postgresPort}`)
    .replace('host: redis', `host: 127.0.0.1\n    port: ${redisPort}`)
    .replace('http: 0.0.0.0:5558', `http: 127.0.0.1:${await freePort()}`)
    // Containers with Kafka and the directory are rehearsed elsewhere.
    .replace(/^events:\n(?: .*\n)+/m, 'events:\n  type: stdout\n')
    .replace('/run/database', join(folder, 'postgres'))
    .replace('/run/redis-secrets', join(folder, 'redis'))
    .replace('/run/directory', join(folder, 'directory-bind'))
    .replaceAll('/run/certificates', join(folder, service))
    .replace('[10.213.47.0/24]', '[127.0.0.1/32]')
    .replace(/^ {2}(\w+):\n((?: {4}.*\n)+)/gm, (block, name: string) =>
      block
        .replace('http: 0.0.0.0:8080', `http: 127.0.0.1:${http[name]}`)
        .replace('grpc: 0.0.0.0:9090', `grpc: 127.0.0.1:${grpc[name]}`)
        .replace(`[${name}:9090]`, `[127.0.0.1:${grpc[name]}]`),
    );
  const file = join(folder, `${service}.yaml`);
  await writeFile(file, text);
  return file;
}

async function choosePlaces(folder: string, postgresPort: number, redisPort: number): Promise<Places> {
  const ports = async () =>
    Object.fromEntries(
      await Promise.all(serviceNames.map(async (name): Promise<[string, number]> => [name, await freePort()])),
    );
  return {
    folder,
    issuerPort: await freePort(),
    postgresPort,
    redisPort,
    grpc: await ports(),
    http: await ports(),
  };
}

/** The events among the lines of a process, whose other lines are its log. */
function eventsIn(output: string): readonly { readonly type: string }[] {
  const lines = output.split('\n').filter((line) => line.startsWith('{"specversion"'));
  return lines.map((line) => JSON.parse(line) as { readonly type: string });
}

async function signIn(issuer: string): Promise<{ readonly status: number; readonly body: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const browser = createUserAgent({ stopAt: REDIRECT_URI });
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'example-app',
    redirect_uri: REDIRECT_URI,
    scope: 'openid email offline_access',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  query.set('connector_id', 'local');
  const form = (await browser.get(`${issuer}/auth?${query.toString()}`)).form('login', 'password');
  const question = await browser.submit(form, { fields: { login: 'admin@example.com', password: 'password' } });
  const end = await browser.submit(question.form('req'), { fields: { approval: 'approve' } });
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('example-app:ZXhhbXBsZS1hcHAtc2VjcmV0').toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: end.url.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    }),
  });
  return { status: response.status, body: await response.text() };
}

test('With the secrets and the configuration of the composition, six processes sign a person in and tell of it', async () => {
  await using directory = await createTempDirectory('composition');
  const folder = directory.path;
  await mkdir(folder, { recursive: true });
  await runProgram({ command: process.execPath, args: [join(ROOT, 'deploy/docker/first-secrets.mjs'), folder] });
  const secret = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');

  await using postgres = await startPostgres({ fsync: false });
  const administrator = new Client({ connectionString: postgres.url() });
  await administrator.connect();
  await administrator.query(`create role tessera login password '${await secret('postgres/password')}'`);
  await administrator.query('create database tessera owner tessera');
  await administrator.end();
  await using redis = await startRedis();
  await redis.cli('config', 'set', 'requirepass', await secret('redis/password'));

  const places = await choosePlaces(folder, postgres.port, redis.port);
  await using processes = new AsyncDisposableStack();
  const started = await Promise.all(
    serviceNames.map(async (service): Promise<[ServiceName, RunningProcess]> => {
      const file = await configurationOf(service, places);
      const running = await startProcess({
        name: service,
        command: process.execPath,
        args: ['--conditions=source', 'packages/cli/src/main.ts', 'serve', '--config', file, '--target', service],
        cwd: ROOT,
        ready: new RegExp(`^${service} is ready for `, 'm'),
        readyTimeoutMs: 30_000,
      });
      return [service, processes.use(running)];
    }),
  );
  const conf = (await read('deploy/gateway/nginx.conf'))
    .replace(/listen 5556;/, `listen 127.0.0.1:${places.issuerPort};`)
    .replace(/server (\w+):8080/g, (_, name: string) => `server 127.0.0.1:${places.http[name]}`)
    // Debian's nginx is older than looking names up anew, and than keeping connections for a while at its end.
    .replaceAll(' resolve;', ';')
    .replace(/^ *keepalive_min_timeout .*;$/m, '')
    .replace('/dev/stdout', '/dev/null');
  await using _gateway = await startNginx({ conf, port: places.issuerPort });

  const issuer = `http://127.0.0.1:${places.issuerPort}/dex`;
  expect((await fetch(`${issuer}/healthz`)).status).toBe(200);
  const answer = await signIn(issuer);
  expect(answer.status, answer.body).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ token_type: 'Bearer', refresh_token: expect.any(String) });
  const events = new Map(started).get('events');
  const told = await waitFor(
    () => eventsIn(events?.output() ?? '').find(({ type }) => type.endsWith('sign_in.succeeded')),
    {
      what: 'the event of the sign-in on standard output',
    },
  );
  expect(told).toMatchObject({
    source: issuer,
    type: 'dev.tessera.sign_in.succeeded',
    data: { clientId: 'example-app', connectorId: 'local' },
  });
});
