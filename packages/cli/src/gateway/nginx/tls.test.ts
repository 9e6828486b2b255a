import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type PeerCertificate } from 'node:tls';
import { type CertificateAuthority, createCertificateAuthority, createTempDirectory, freePort } from '@tessera/testkit';
import { expect, test } from 'vitest';
import type { GatewayTls } from '../gateway-options.ts';
import type { Echo } from '../testing/echo-service.ts';
import { startStage } from '../testing/gateway-stage.ts';
import { rawRequest, requestText } from '../testing/raw-request.ts';

const HOST = 'id.example.com';

/** A folder of certificates that changes at one stroke, as the kubelet changes a mounted Secret. */
async function certificateFolder() {
  const directory = await createTempDirectory('gateway-tls');
  const authority = await createCertificateAuthority('Test authority');
  let version = 0;
  const put = async (from: CertificateAuthority = authority): Promise<void> => {
    version += 1;
    const target = join(directory.path, `..${version}`);
    await mkdir(target);
    const { certPem, keyPem } = await from.issue({ commonName: `version ${version}`, dnsNames: [HOST] });
    await writeFile(join(target, 'tls.crt'), certPem);
    await writeFile(join(target, 'tls.key'), keyPem);
    await symlink(`..${version}`, join(directory.path, '..next'));
    await rename(join(directory.path, '..next'), join(directory.path, '..data'));
  };
  await put();
  for (const name of ['tls.crt', 'tls.key']) await symlink(`..data/${name}`, join(directory.path, name));
  return { path: directory.path, ca: authority.caPem, put, [Symbol.asyncDispose]: () => directory.remove() };
}

/** The worker of a test reads what root alone may. */
function startTls(tls: GatewayTls, basePath = '/dex') {
  return startStage({ tls, basePath, authority: HOST, edit: (conf) => `user root;\n${conf}` });
}

/** A handshake, and the certificate it showed. Rejects when there is none. */
function handshake(
  port: number,
  options: ConnectionOptions,
): Promise<{ protocol: string | null; certificate: PeerCertificate }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: HOST, ...options }, () => {
      resolve({ protocol: socket.getProtocol(), certificate: socket.getPeerCertificate() });
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
const withoutSecrecy = { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:AES128-SHA' } as const;
const withoutAuthentication = {
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256',
} as const;

async function expectFloor(port: number, ca: string): Promise<void> {
  for (const weak of [old, withoutSecrecy, withoutAuthentication]) {
    await expect(handshake(port, { ca, ...weak })).rejects.toThrow(/alert (?:protocol version|handshake failure)/);
  }
  expect((await handshake(port, { ca, maxVersion: 'TLSv1.2' })).protocol).toBe('TLSv1.2');
  expect((await handshake(port, { ca })).protocol).toBe('TLSv1.3');
}

test('N94: a new certificate counts from the next connection without a reload, and the floor of TLS stays', async () => {
  await using certificates = await certificateFolder();
  await using stage = await startTls({ certificateFolder: certificates.path });
  const { ca, put } = certificates;
  expect((await handshake(stage.port, { ca })).certificate.subject.CN).toBe('version 1');
  await expectFloor(stage.port, ca);
  const before = await stage.nginx.pids();
  await put();
  expect((await handshake(stage.port, { ca })).certificate.subject.CN).toBe('version 2');
  await expectFloor(stage.port, ca);
  expect(await stage.nginx.pids()).toEqual(before);
});

test('A connection that stands outlives the change of the certificate', async () => {
  await using certificates = await certificateFolder();
  await using stage = await startTls({ certificateFolder: certificates.path });
  const session = connectHttp2(`https://${HOST}`, {
    createConnection: () =>
      connectTls({ port: stage.port, host: '127.0.0.1', servername: HOST, ca: certificates.ca, ALPNProtocols: ['h2'] }),
  });
  const get = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': '/dex/keys' });
      let body = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        body += chunk;
      });
      stream.once('end', () => resolve(body));
      stream.once('error', reject);
    });
  expect((JSON.parse(await get()) as Echo).headers['x-forwarded-proto']).toBe('https');
  await certificates.put();
  const many = await Promise.all(Array.from({ length: 50 }, get));
  expect(many.map((body) => (JSON.parse(body) as Echo).service)).toEqual(Array.from({ length: 50 }, () => 'keys'));
  session.close();
});

test('RFC 6797 §7.2: every answer over TLS asks once for HTTPS from then on, and none over plain HTTP', async () => {
  await using certificates = await certificateFolder();
  const redirectPort = await freePort();
  const tls = { certificateFolder: certificates.path, redirectFrom: `127.0.0.1:${redirectPort}`, hstsSeconds: 600 };
  await using stage = await startTls(tls);
  const headersOf = (path: string): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const options = { port: stage.port, host: '127.0.0.1', servername: HOST, ca: certificates.ca, path };
      const request = httpsRequest({ ...options, headers: { Host: HOST } }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.rawHeaders));
      });
      request.once('error', reject);
      request.end();
    });
  for (const path of ['/dex/keys', '/dex/auth', '/nowhere', '/dex/auth?a=%', `/dex/auth?${'x'.repeat(40_000)}`]) {
    const headers = await headersOf(path);
    const values = headers.filter(
      (_, position) => headers[position - 1]?.toLowerCase() === 'strict-transport-security',
    );
    expect([path.slice(0, 20), values]).toEqual([path.slice(0, 20), ['max-age=600']]);
  }
  const page = await rawRequest(redirectPort, requestText('GET /dex/auth?a=b HTTP/1.1', ['Host: evil.example']));
  expect([page.status, page.headers.get('location')]).toEqual([308, `https://${HOST}/dex/auth?a=b`]);
  expect(page.headers.has('strict-transport-security')).toBe(false);
  const post = await rawRequest(
    redirectPort,
    requestText('POST /dex/token HTTP/1.1', [`Host: ${HOST}`, 'Content-Length: 0']),
  );
  expect([post.status, post.headers.get('location')]).toEqual([403, undefined]);
});

test('Plain HTTP where TLS is spoken is refused', async () => {
  await using certificates = await certificateFolder();
  await using stage = await startTls({ certificateFolder: certificates.path });
  const answer = await rawRequest(stage.port, requestText('GET /dex/keys HTTP/1.1', [`Host: ${HOST}`]));
  expect(answer.status).toBe(400);
  expect(Object.values(stage.services).every(({ received }) => received.length === 0)).toBe(true);
});
