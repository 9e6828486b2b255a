import { readFile, writeFile } from 'node:fs/promises';
import { connect, TLSSocket } from 'node:tls';
import { createFakeClock } from '@tessera/clock';
import { createTempDirectory, type TempDirectory, writeServiceCertificates } from '@tessera/testkit';
import { createWatchSharing } from '@tessera/watched-files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRecordingLogger, fakeKeys } from './testing/fake-keys.ts';
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

test('certificates that change are used for the connections that come, and nobody is disturbed', async () => {
  const path = `${directory.path}/changing`;
  await writeServiceCertificates(path, ['keys', 'token']);
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const files = { caFile: `${path}/ca.pem`, certFile: `${path}/{service}.pem`, keyFile: `${path}/{service}.key` };
  const security: RpcSecurity = { type: 'mtls', files, clock, logger };
  await using server = await startKeys(fakeKeys(), { security });
  using before = dialKeys([server.address], { security });
  await before.client.getPublicKeys({ knownVersion: '' });
  // Another authority altogether: who dials with what was good before finds nobody to talk to.
  const old = await readFile(`${path}/ca.pem`);
  await writeServiceCertificates(path, ['keys', 'token']);
  expect((await readFile(`${path}/ca.pem`)).equals(old)).toBe(false);
  clock.advance(10);
  await expect.poll(() => logger.records.filter(({ level }) => level === 'info').length).toBe(2);
  await before.client.getPublicKeys({ knownVersion: '' });
  using after = dialKeys([server.address], { security });
  expect(await after.client.getPublicKeys({ knownVersion: '2' })).toMatchObject({ version: 'after 2' });
  expect(await oldestProtocol(server.port, path)).toBe('TLSv1.2');
});

test('N94: the floor of TLS is 1.2, before certificates change and after', async () => {
  const path = `${directory.path}/floor`;
  await writeServiceCertificates(path, ['keys', 'token']);
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const files = { caFile: `${path}/ca.pem`, certFile: `${path}/{service}.pem`, keyFile: `${path}/{service}.key` };
  await using server = await startKeys(fakeKeys(), { security: { type: 'mtls', files, clock, logger } });
  expect(await oldestProtocol(server.port, path)).toBe('TLSv1.2');
  await writeServiceCertificates(path, ['keys', 'token']);
  clock.advance(10);
  await expect.poll(() => logger.records.filter(({ level }) => level === 'info').length).toBe(1);
  expect(await oldestProtocol(server.port, path)).toBe('TLSv1.2');
});

test('a certificate whose key has not come yet leaves the former one in use', async () => {
  const path = `${directory.path}/half`;
  await writeServiceCertificates(path, ['keys', 'token']);
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const files = { caFile: `${path}/ca.pem`, certFile: `${path}/{service}.pem`, keyFile: `${path}/{service}.key` };
  const security: RpcSecurity = { type: 'mtls', files, clock, logger };
  await using server = await startKeys(fakeKeys(), { security });
  const key = await readFile(`${path}/keys.key`);
  await writeFile(`${path}/keys.key`, await readFile(`${path}/token.key`));
  clock.advance(10);
  await expect.poll(() => logger.records.map(({ level }) => level)).toEqual(['warn']);
  using client = dialKeys([server.address], { security: { type: 'mtls', files } });
  await client.client.getPublicKeys({ knownVersion: '' });
  expect(JSON.stringify(logger.records)).not.toContain(key.toString().slice(60, 100));
});

test('servers and channels of one process that use the same files look at them, and tell of a change, once', async () => {
  const path = `${directory.path}/shared`;
  await writeServiceCertificates(path, ['keys', 'token']);
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  const files = { caFile: `${path}/ca.pem`, certFile: `${path}/keys.pem`, keyFile: `${path}/keys.key` };
  const security: RpcSecurity = { type: 'mtls', files, clock, logger, sharing: createWatchSharing() };
  await using first = await startKeys(fakeKeys(), { security });
  await using second = await startKeys(fakeKeys(), { security });
  using channel = dialKeys([first.address, second.address], { security });
  const refusal = { kind: 'permission_denied' };
  await expect(channel.client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject(refusal);
  await first.close(0);
  await writeServiceCertificates(path, ['keys', 'token']);
  clock.advance(10);
  await expect.poll(() => logger.records.filter(({ level }) => level === 'info').length).toBe(1);
  using after = dialKeys([second.address], { security });
  await expect(after.client.getPublicKeys({ knownVersion: '' })).rejects.toMatchObject(refusal);
  expect(logger.records.filter(({ message }) => message.includes('has changed'))).toHaveLength(1);
});

/** The oldest protocol that a server accepts of a client with a certificate of the folder. */
async function oldestProtocol(port: number, path: string): Promise<string> {
  const [cert, key] = await Promise.all(['pem', 'key'].map((kind) => readFile(`${path}/token.${kind}`)));
  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const) {
    const socket = connect({
      host: '127.0.0.1',
      port,
      minVersion: version,
      maxVersion: version,
      cert,
      key,
      ciphers: 'DEFAULT@SECLEVEL=0',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    const isAccepted = await new Promise<boolean>((resolve) => {
      socket.once('secureConnect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
    });
    socket.destroy();
    if (isAccepted) return version;
  }
  return 'none';
}
