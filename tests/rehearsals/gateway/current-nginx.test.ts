import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect, type PeerCertificate } from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  type CertificateAuthority,
  type ContainerHost,
  createCertificateAuthority,
  createTempDirectory,
  openContainerHost,
  waitFor,
} from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNamedReplicas, untilAsked } from './named-replicas.ts';

// The committed configurations, unchanged, in the image that Compose and Kubernetes name: as its user, on a read-only root.

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const IMAGE = 'nginx:1.29';
const NAMES = ['authorize', 'token', 'keys'].map((service) => `--add-host=tessera-${service}-http:127.0.0.1`);

let host: ContainerHost;

beforeAll(async () => {
  // The container has no capability to listen below 1024.
  await writeFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', '0');
  host = await openContainerHost();
  await host.ensureImage(IMAGE);
});

afterAll(() => host?.close());

/** The arguments with which the gateway's container runs, in this process's network; what it may write is as an emptyDir is. */
async function gatewayArguments(conf: string, mounts: readonly string[] = []): Promise<string[]> {
  const folders = ['run', 'cache'].map((name) => join(host.runFolder, name));
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777);
  }
  const [run = '', cache = ''] = folders;
  const volumes = [
    `${join(ROOT, conf)}:/etc/nginx/nginx.conf:ro`,
    `${run}:/run`,
    `${cache}:/var/cache/nginx`,
    ...mounts,
  ];
  return [
    ...['--network=host', '--read-only', '--cap-drop=all', '--security-opt=no-new-privileges', '--user=101:101'],
    ...NAMES,
    ...volumes.flatMap((volume) => ['--volume', volume]),
    IMAGE,
  ];
}

/** Runs the gateway until disposed. */
async function startGateway(name: string, conf: string, mounts?: readonly string[]) {
  await host.podman(['run', '--detach', `--name=${name}`, ...(await gatewayArguments(conf, mounts))]);
  return { [Symbol.asyncDispose]: async () => void (await host.podman(['rm', '--force', '--time=0', name])) };
}

test.each([
  'deploy/gateway/nginx.conf',
  'deploy/gateway/nginx-tls.conf',
  'deploy/kubernetes/components/gateway-nginx/nginx.conf',
])('The image takes %s', async (conf) => {
  const { code, stdout, stderr } = await host.tryPodman([
    'run',
    '--rm',
    ...(await gatewayArguments(conf)),
    'nginx',
    '-t',
  ]);
  const output = `${stdout}${stderr}`;
  expect(output).toContain('test is successful');
  // How many files may be open is the machine's matter.
  expect(output.replace(/^.*exceed open file resource limit.*$/m, '')).not.toContain('[warn]');
  expect(code).toBe(0);
});

test('docker compose up --scale token=3 needs no restart: new replicas are asked within seconds, none that goes loses a request', async () => {
  await using directory = await createTempDirectory('scaling');
  await using replicas = await openNamedReplicas(directory);
  await replicas.start('authorize', '127.0.2.1');
  await replicas.start('keys', '127.0.3.1');
  await replicas.start('token', '127.0.1.1');
  await using _gateway = await startGateway('scaled-gateway', 'deploy/gateway/nginx.conf');
  const ask = (): Promise<Response> =>
    fetch('http://127.0.0.1:5556/dex/token', { method: 'POST', body: new URLSearchParams({ code: 'x' }) });
  await waitFor(async () => (await ask().catch(() => undefined))?.status === 200, { what: 'the gateway to answer' });
  const statuses: number[] = [];
  let isOver = false;
  const client = async (): Promise<void> => {
    while (!isOver) {
      const response = await ask();
      await response.text();
      statuses.push(response.status);
      // Well below what the gateway lets one address ask in a second.
      await setTimeout(10);
    }
  };
  const clients = Promise.all(Array.from({ length: 3 }, client));
  try {
    await untilAsked(replicas, '127.0.1.1');
    await replicas.start('token', '127.0.1.2');
    await replicas.start('token', '127.0.1.3');
    await Promise.all([untilAsked(replicas, '127.0.1.2'), untilAsked(replicas, '127.0.1.3')]);
    await replicas.stop('127.0.1.1');
    await replicas.start('token', '127.0.1.4');
    await untilAsked(replicas, '127.0.1.4');
    for (const address of ['127.0.1.2', '127.0.1.3']) {
      await replicas.stop(address);
      await untilAsked(replicas, '127.0.1.4');
    }
  } finally {
    isOver = true;
    await clients;
  }
  expect(new Set(statuses)).toEqual(new Set([200]));
});

/** A folder as the kubelet mounts a Secret: it changes at one stroke. */
async function putCertificate(folder: string, authority: CertificateAuthority, name: string): Promise<void> {
  const { certPem, keyPem } = await authority.issue({ commonName: name, dnsNames: ['id.example.invalid'] });
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'tls.crt'), certPem);
  await writeFile(join(folder, name, 'tls.key'), keyPem);
  await rm(join(folder, 'next'), { force: true });
  await symlink(name, join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, '..data'));
}

function shownCertificate(ca: string, maxVersion?: 'TLSv1.1'): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const weak =
      maxVersion === undefined ? {} : ({ minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' } as const);
    const socket = connect({
      host: '127.0.0.1',
      port: 443,
      servername: 'id.example.invalid',
      ca,
      ALPNProtocols: ['h2'],
      ...weak,
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
  });
}

test('N94: a renewed certificate counts within seconds without a reload, and the floor of TLS stays', async () => {
  await using directory = await createTempDirectory('gateway-certificates');
  const folder = join(directory.path, 'tls');
  await mkdir(folder, { mode: 0o755 });
  const authority = await createCertificateAuthority('Test authority');
  await putCertificate(folder, authority, 'first');
  for (const name of ['tls.crt', 'tls.key']) await symlink(`..data/${name}`, join(folder, name));
  await using _gateway = await startGateway('tls-gateway', 'deploy/gateway/nginx-tls.conf', [
    `${folder}:/etc/nginx/tls:ro`,
  ]);
  const name = async (): Promise<string | undefined> => {
    const certificate = await shownCertificate(authority.caPem).catch(() => undefined);
    return certificate?.subject.CN as string | undefined;
  };
  await waitFor(async () => (await name()) === 'first', { what: 'the first certificate' });
  await putCertificate(folder, authority, 'second');
  await waitFor(async () => (await name()) === 'second', { what: 'the second certificate', timeoutMs: 30_000 });
  await expect(shownCertificate(authority.caPem, 'TLSv1.1')).rejects.toThrow('alert protocol version');
});
