import { readFile, writeFile } from 'node:fs/promises';
import { connect, TLSSocket } from 'node:tls';
import { createTempDirectory, type TempDirectory, writeServiceCertificates } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeKeys } from './testing/fake-keys.ts';
import { dialKeys, startKeys } from './testing/rpc-bench.ts';
import { certificateName, type RpcSecurity, serviceOfCertificate } from './tls.ts';

let directory: TempDirectory;

beforeAll(async () => {
  directory = await createTempDirectory('rpc-tls');
  const authority = await writeServiceCertificates(`${directory.path}/ours`, ['keys', 'token', 'storage']);
  await writeServiceCertificates(`${directory.path}/foreign`, ['keys', 'token']);
  const twoNames = await authority.issue({
    commonName: 'token',
    dnsNames: ['token.tessera.internal', 'authorize.tessera.internal'],
    client: true,
  });
  await writeFile(`${directory.path}/ours/two-names.pem`, twoNames.certPem);
  await writeFile(`${directory.path}/ours/two-names.key`, twoNames.keyPem);
});

afterAll(() => directory.remove());

function mtls(folder = 'ours', certificate = '{service}'): RpcSecurity {
  const path = `${directory.path}/${folder}`;
  const [certFile, keyFile] = [`${path}/${certificate}.pem`, `${path}/${certificate}.key`];
  return { type: 'mtls', files: { caFile: `${directory.path}/ours/ca.pem`, certFile, keyFile } };
}

test('N93: with certificates of one authority a call goes through, and the caller is who its certificate says', async () => {
  await using server = await startKeys(fakeKeys(), { security: mtls() });
  using keys = dialKeys([server.address], { security: mtls() });
  expect(await keys.client.getPublicKeys({ knownVersion: '1' })).toMatchObject({ version: 'after 1' });
  using storage = dialKeys([server.address], { security: mtls(), caller: 'storage' });
  const refusal = { kind: 'permission_denied', code: 'rpc.caller_not_allowed' };
  await expect(storage.client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject(refusal);
  expect(server.logger.records).toMatchObject([{ fields: { caller: 'storage' } }]);
});

test('N93: what a caller says of itself does not count where certificates do', async () => {
  await using server = await startKeys(fakeKeys(), { security: mtls() });
  using liar = dialKeys([server.address], { security: mtls('ours', 'storage'), caller: 'token' });
  await expect(liar.client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject({ kind: 'permission_denied' });
});

test('N93: a certificate with the names of two services is that of neither', async () => {
  await using server = await startKeys(fakeKeys(), { security: mtls() });
  using both = dialKeys([server.address], { security: mtls('ours', 'two-names') });
  await expect(both.client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject({ kind: 'permission_denied' });
});

test('N93: a certificate of another authority, none at all, and plaintext are refused before any call', async () => {
  await using server = await startKeys(fakeKeys(), { security: mtls() });
  using foreign = dialKeys([server.address], { security: mtls('foreign'), deadlineMs: 1_500 });
  using plain = dialKeys([server.address], { deadlineMs: 1_500 });
  for (const { client } of [foreign, plain]) {
    await expect(client.sign({ bundles: [] })).rejects.toMatchObject({ kind: 'unavailable' });
  }
  const ca = await readFile(`${directory.path}/ours/ca.pem`);
  const servername = certificateName('keys');
  const socket = connect({ host: '127.0.0.1', port: server.port, ca, servername, ALPNProtocols: ['h2'] });
  const ended = await new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('close', () => resolve('closed'));
    socket.resume();
  });
  expect(ended).toMatch(/CERTIFICATE_REQUIRED|ECONNRESET|closed/);
});

test('N93: a client does not talk to a server with the certificate of another service', async () => {
  await using server = await startKeys(fakeKeys(), { security: mtls(), service: 'storage' });
  using keys = dialKeys([server.address], { security: mtls(), deadlineMs: 1_500 });
  await expect(keys.client.sign({ bundles: [] })).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a certificate is parsed once a connection, not once a call, and each connection has its own', async () => {
  const original = Object.getOwnPropertyDescriptor(TLSSocket.prototype, 'getPeerCertificate') ?? {};
  let parsed = 0;
  const value = function counted(this: TLSSocket, ...parameters: unknown[]): unknown {
    parsed += 1;
    return Reflect.apply(original.value as () => unknown, this, parameters);
  };
  Object.defineProperty(TLSSocket.prototype, 'getPeerCertificate', { ...original, value });
  try {
    await using server = await startKeys(fakeKeys(), { security: mtls() });
    using token = dialKeys([server.address], { security: mtls() });
    await token.client.getPublicKeys({ knownVersion: '' });
    const afterFirst = parsed;
    for (let call = 0; call < 10; call += 1) await token.client.getPublicKeys({ knownVersion: '' });
    expect(parsed).toBe(afterFirst);
    using storage = dialKeys([server.address], { security: mtls(), caller: 'storage' });
    await expect(storage.client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject({
      kind: 'permission_denied',
    });
  } finally {
    Object.defineProperty(TLSSocket.prototype, 'getPeerCertificate', original);
  }
});

test('N93: only one whole name below tessera.internal makes a service', () => {
  expect(serviceOfCertificate('DNS:token.tessera.internal, DNS:localhost, IP Address:127.0.0.1')).toBe('token');
  const hostile = [
    undefined,
    '',
    'DNS:localhost',
    'DNS:token.tessera.internal.evil.example',
    'DNS:a.tessera.internal, DNS:b.tessera.internal',
    'URI:"x, DNS:token.tessera.internal, y"',
    'email:token.tessera.internal',
  ];
  for (const names of hostile) expect(serviceOfCertificate(names)).toBeUndefined();
});
