import { X509Certificate } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { serviceNames } from '@tessera/contracts';
import { certificateName } from '@tessera/rpc';
import { type ProgramResult, runProgram, tryProgram } from '@tessera/testkit';
import { expect, test } from 'vitest';
import { type FakeSecretsApi, type PostedSecret, startFakeSecretsApi } from './fake-secrets-api.ts';
import { renderFolder } from './kustomize.ts';
import { nameOf, podTemplates } from './manifest.ts';

const CERTIFICATES = new URL('../../deploy/docker/certificates.mjs', import.meta.url).href;
const SCRIPT = fileURLToPath(new URL('../../deploy/docker/first-secrets-kubernetes.mjs', import.meta.url));

/** Every Secret of a deployment, without the beginning of its name. */
const NAMES = [
  'authority',
  ...serviceNames.map((name) => `${name}-tls`),
  'key-encryption',
  'database',
  'redis',
].toSorted();

function run({ account, environment }: FakeSecretsApi, prefix = 'tessera'): Promise<ProgramResult> {
  return tryProgram({ command: process.execPath, args: [SCRIPT, prefix, account], env: environment });
}

function textOf({ secrets }: FakeSecretsApi, name: string, key: string): string {
  return secrets.get(name)?.stringData[key] ?? '';
}

/** Throws unless every service has a certificate of its own by the authority that is kept. */
function expectOneAuthority(api: FakeSecretsApi, prefix = 'tessera'): void {
  const authority = new X509Certificate(textOf(api, `${prefix}-authority`, 'tls.crt'));
  for (const name of serviceNames) {
    const certificate = new X509Certificate(textOf(api, `${prefix}-${name}-tls`, 'tls.crt'));
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe(`DNS:${certificateName(name)}`);
    expect(textOf(api, `${prefix}-${name}-tls`, 'ca.crt')).toBe(authority.toString());
    expect(textOf(api, `${prefix}-${name}-tls`, 'tls.key')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  }
}

test('The Job makes every Secret of a deployment, of the right type and with our labels, and shows none of them', async () => {
  await using api = await startFakeSecretsApi();
  const { code, stdout, stderr } = await run(api, 'login');
  expect([code, stderr]).toEqual([0, '']);
  expect([...api.secrets.keys()].toSorted()).toEqual(NAMES.map((name) => `login-${name}`));
  for (const [name, { kind, type, metadata, stringData }] of api.secrets) {
    expect(kind).toBe('Secret');
    expect([name, type]).toEqual([name, 'tls.crt' in stringData ? 'kubernetes.io/tls' : 'Opaque']);
    expect(metadata.labels).toEqual({ 'app.kubernetes.io/instance': 'login', 'app.kubernetes.io/part-of': 'tessera' });
    for (const value of Object.values(stringData)) expect(stdout).not.toContain(value.trim());
  }
  expectOneAuthority(api, 'login');
  expect(Buffer.from(textOf(api, 'login-key-encryption', 'key-encryption.key'), 'base64')).toHaveLength(32);
  const password = textOf(api, 'login-redis', 'password');
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  expect(textOf(api, 'login-redis', 'redis.conf')).toContain(`requirepass ${password}\n`);
  expect(textOf(api, 'login-database', 'password')).not.toBe(password);
});

test('A second run changes nothing', async () => {
  await using api = await startFakeSecretsApi();
  await run(api);
  const before = new Map(api.secrets);
  const { code, stdout } = await run(api);
  expect([code, stdout]).toEqual([0, 'The secrets exist already.\n']);
  expect(api.secrets).toEqual(before);
});

test('Two Jobs that find nothing at the same moment end with certificates of one authority', async () => {
  await using api = await startFakeSecretsApi();
  const finds = { count: 0, both: Promise.withResolvers<undefined>() };
  api.interrupt = async (method, name) => {
    if (method !== 'GET' || name !== 'tessera-authority' || finds.count === 2) return undefined;
    finds.count += 1;
    if (finds.count === 2) finds.both.resolve(undefined);
    return finds.both.promise.then(() => 404);
  };
  const results = await Promise.all([run(api), run(api)]);
  expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  expect(api.requests).toContain('POST tessera-authority 409');
  expect(api.secrets.size).toBe(NAMES.length);
  expectOneAuthority(api);
});

test('A Job that died half-way, and a service that is new, are completed by the authority that is there', async () => {
  await using api = await startFakeSecretsApi();
  await run(api);
  const kept = new Map(api.secrets);
  for (const name of ['tessera-token-tls', 'tessera-events-tls', 'tessera-redis']) api.secrets.delete(name);
  const { stdout } = await run(api);
  expect(stdout).toBe('Made tessera-token-tls, tessera-events-tls, tessera-redis.\n');
  for (const [name, secret] of kept) {
    if (!stdout.includes(name)) expect(api.secrets.get(name)).toBe(secret);
  }
  expectOneAuthority(api);
});

/** An authority of the given days, as the script makes them. */
async function authorityOf(days: number): Promise<PostedSecret> {
  const script = `import { createAuthority } from ${JSON.stringify(CERTIFICATES)};
    const { certificate, key } = createAuthority(${days});
    console.log(JSON.stringify({ 'tls.crt': certificate, 'tls.key': key }));`;
  const output = await runProgram({ command: process.execPath, args: ['--input-type=module', '--eval', script] });
  const stringData = JSON.parse(output) as PostedSecret['stringData'];
  return { kind: 'Secret', metadata: { name: 'tessera-authority', labels: {} }, type: 'kubernetes.io/tls', stringData };
}

test('RFC 5280 §6.1: certificates end with their authority at the latest, and 825 days after they were made', async () => {
  for (const [days, expected] of [
    [10, 10],
    [2000, 825],
  ] as const) {
    await using api = await startFakeSecretsApi();
    api.secrets.set('tessera-authority', await authorityOf(days));
    expect((await run(api)).stderr).toBe('');
    expectOneAuthority(api);
    const { validFromDate, validToDate } = new X509Certificate(textOf(api, 'tessera-keys-tls', 'tls.crt'));
    expect(Math.round((validToDate.getTime() - validFromDate.getTime()) / 86_400_000)).toBe(expected);
  }
});

test('An authority whose key is another’s is not used', async () => {
  await using api = await startFakeSecretsApi();
  const [one, other] = [await authorityOf(10), await authorityOf(10)];
  const mixed = { ...one.stringData, 'tls.key': other.stringData['tls.key'] ?? '' };
  api.secrets.set('tessera-authority', { ...one, stringData: mixed });
  const { code, stderr } = await run(api);
  expect([code, stderr]).toEqual([1, "the authority's key is not that of its certificate\n"]);
  expect([...api.secrets.keys()]).toEqual(['tessera-authority']);
});

test('An API that is busy is asked again', async () => {
  await using api = await startFakeSecretsApi();
  const busy = [429, 503];
  api.interrupt = () => Promise.resolve(busy.shift());
  expect((await run(api)).code).toBe(0);
  expect(api.requests.slice(0, 2)).toEqual(['GET tessera-authority 429', 'GET tessera-authority 503']);
  expectOneAuthority(api);
});

test('A refusal ends the Job with the status, and without what it was about to keep', async () => {
  await using api = await startFakeSecretsApi();
  api.interrupt = (method) => Promise.resolve(method === 'POST' ? 403 : undefined);
  const { code, stdout, stderr } = await run(api);
  expect([code, stdout, stderr]).toEqual([
    1,
    '',
    'the Secret tessera-authority could not be made: the API of Kubernetes answered 403\n',
  ]);
});

test('Outside of a pod it says so', async () => {
  await using api = await startFakeSecretsApi();
  const { code, stderr } = await run({ ...api, environment: {} });
  expect([code, stderr]).toEqual([1, 'this is not a pod: KUBERNETES_SERVICE_HOST is not set\n']);
});

test('The Job of dev runs this script, and its rights are by the names of what it makes', async () => {
  const resources = await renderFolder('overlays/dev');
  const [job] = podTemplates(resources).filter(({ owner }) => owner === 'Job tessera-first-secrets');
  expect(job?.spec.containers[0]).toMatchObject({
    command: ['node', '/opt/tessera/deploy/docker/first-secrets-kubernetes.mjs'],
    args: ['tessera'],
  });
  const role = resources.find((resource) => nameOf(resource) === 'Role tessera-first-secrets');
  const rules = (role?.['rules'] ?? []) as readonly { verbs: readonly string[]; resourceNames?: readonly string[] }[];
  expect(rules).toHaveLength(2);
  expect(rules.map(({ verbs }) => verbs)).toEqual([['create'], ['get']]);
  expect(rules[1]?.resourceNames?.toSorted()).toEqual(NAMES.map((name) => `tessera-${name}`));
});
