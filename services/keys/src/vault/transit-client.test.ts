import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRequestId, describeError, runInContext } from '@tessera/telemetry';
import { createCertificateAuthority, createTempDirectory, type VaultServer } from '@tessera/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startVaultBench, type VaultBench } from './testing/vault-bench.ts';
import type { VaultTransit } from './transit.ts';

const REFUSED = { kind: 'invalid_argument', code: 'keys.vault_refused' };
const UNAVAILABLE = { kind: 'unavailable', code: 'keys.vault_unavailable' };
const CANARY = Buffer.from('canary-plaintext-0123456789-0123456789');
const CONTEXT = Buffer.from('tessera data keys');

let bench: VaultBench;
let server: VaultServer;
let transit: VaultTransit;
beforeAll(async () => {
  bench = await startVaultBench();
  ({ server } = bench);
  transit = bench.connect({ token: server.rootToken });
  await server.createKey('ec', 'ecdsa-p256');
  await server.createKey('rsa', 'rsa-2048');
  await server.createKey('ed', 'ed25519');
  await server.createKey('aes', 'aes256-gcm96');
});
beforeEach(() => {
  server.unseal();
  server.tamper();
  server.slowDown(0);
});
afterAll(() => bench[Symbol.asyncDispose]());

const ES256 = { keyName: 'ec', keyVersion: 1, hashAlgorithm: 'sha2-256', marshaling: 'jws' } as const;
const sign = (client = transit): Promise<readonly string[]> => client.sign(ES256, [CANARY]);

test('a key is read with its versions in order, and one that is not there is undefined', async () => {
  expect(await transit.readKey('ec')).toMatchObject({ name: 'ec', type: 'ecdsa-p256', latestVersion: 1 });
  for (let version = 2; version <= 11; version += 1) expect(await transit.rotateKey('ec')).toBe(version);
  const { versions = [], latestVersion } = (await transit.readKey('ec')) ?? {};
  expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(versions[10]?.publicKey).toContain('-----BEGIN PUBLIC KEY-----');
  expect(latestVersion).toBe(11);
  expect((await transit.readKey('aes'))?.versions).toEqual([]);
  expect(await transit.readKey('nobody')).toBeUndefined();
});

test('a batch is one request with the hash in its body, as policies name the path without it', async () => {
  const signatures = await transit.sign(ES256, [Buffer.from('a'), Buffer.from('b')]);
  expect(signatures).toEqual([expect.stringMatching(/^[\w-]{86}$/), expect.stringMatching(/^[\w-]{86}$/)]);
  expect(server.requests.at(-1)).toMatchObject({
    method: 'POST',
    path: 'transit/sign/ec',
    body: {
      batch_input: [{ input: 'YQ==' }, { input: 'Yg==' }],
      hash_algorithm: 'sha2-256',
      key_version: 1,
      prehashed: false,
    },
  });
});

test('RFC 7518 §3.5: RSA-PSS is asked for with a salt as long as the hash', async () => {
  await transit.sign({ keyName: 'rsa', keyVersion: 1, hashAlgorithm: 'sha2-512', signatureAlgorithm: 'pss' }, [
    Buffer.from('a'),
  ]);
  expect(server.requests.at(-1)?.body).toMatchObject({ signature_algorithm: 'pss', salt_length: 'hash' });
});

test('a plaintext opens under its own context alone, also once it was rewrapped under a new version', async () => {
  const ciphertext = await transit.encrypt('aes', CANARY, CONTEXT);
  await transit.rotateKey('aes');
  const rewrapped = await transit.rewrap('aes', ciphertext, CONTEXT);
  expect([ciphertext, rewrapped].map((text) => text.slice(0, 'vault:v1:'.length))).toEqual(['vault:v1:', 'vault:v2:']);
  for (const text of [ciphertext, rewrapped]) {
    expect(await transit.decrypt('aes', text, CONTEXT)).toEqual(CANARY);
    await expect(transit.decrypt('aes', text, Buffer.from('another use'))).rejects.toMatchObject(REFUSED);
    await expect(transit.decrypt('aes', text.replace(/.{8}$/, 'AAAAAAA='), CONTEXT)).rejects.toMatchObject(REFUSED);
  }
  await expect(transit.decrypt('aes', 'no ciphertext', CONTEXT)).rejects.toMatchObject(REFUSED);
});

test('a plaintext that somebody sealed without a context is not taken', async () => {
  const plain = { plaintext: CANARY.toString('base64') };
  const answer = await fetch(`${server.addr}/v1/transit/encrypt/aes`, {
    method: 'POST',
    headers: { 'x-vault-token': server.rootToken, 'x-vault-request': 'true', 'content-type': 'application/json' },
    body: JSON.stringify(plain),
  });
  const { data } = (await answer.json()) as { data: { ciphertext: string } };
  await expect(transit.decrypt('aes', data.ciphertext, CONTEXT)).rejects.toMatchObject(REFUSED);
});

test('a key that anybody could seal for is refused', async () => {
  await expect(transit.encrypt('rsa', Buffer.alloc(32), CONTEXT)).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('aes256-gcm96'),
  });
});

test('a refusal says what was asked and which grant is missing', async () => {
  const poor = bench.connect({ token: server.createToken({ rules: [] }) });
  await expect(poor.readKey('ec')).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/GET transit\/keys\/ec with 403.*"read" on transit\/keys\/ec/),
  });
  await expect(poor.rotateKey('ec')).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/POST transit\/keys\/ec\/rotate with 403.*"update" on transit\/keys\/ec\/rotate/),
  });
  await expect(transit.sign({ ...ES256, keyName: 'nobody' }, [CANARY])).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('signing key not found'),
  });
  await expect(bench.connect({ token: server.rootToken, mount: 'elsewhere' }).readKey('ec')).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('no Transit engine'),
  });
});

test('one item that is refused fails its batch', async () => {
  server.tamper((reply) => ({
    ...reply,
    body: JSON.stringify({ data: { batch_results: [{ error: `no such version ${'x'.repeat(40)}` }] } }),
  }));
  await expect(sign()).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining('no such version …') });
});

test.each([429, 472, 473, 500, 502, 503, 412, 307])(
  'an answer with the status %i is a server that is not available',
  async (status) => {
    server.tamper((reply) => ({ ...reply, status }));
    await expect(sign()).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining(String(status)) });
  },
);

test('a sealed server and one that is gone are not available', async () => {
  server.seal();
  await expect(sign()).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining('Vault is sealed') });
  await expect(bench.connect({ token: 'x', addr: 'http://127.0.0.1:1' }).readKey('ec')).rejects.toMatchObject(
    UNAVAILABLE,
  );
});

test('N47: a slow server is waited for no longer than the caller waits', async () => {
  server.slowDown(10_000);
  const before = performance.now();
  const context = { requestId: createRequestId(), deadlineMs: before + 200 };
  await expect(runInContext(context, () => sign())).rejects.toMatchObject(UNAVAILABLE);
  expect(performance.now() - before).toBeLessThan(2000);
});

const A_SIGNATURE = `vault:v1:${'A'.repeat(86)}`;

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no results', { data: {} }],
  ['too few results', { data: { batch_results: [] } }],
  ['too many results', { data: { batch_results: [{ signature: A_SIGNATURE }, { signature: A_SIGNATURE }] } }],
  ['no signature', { data: { batch_results: [{}] } }],
  ['null', { data: { batch_results: [null] } }],
  ['another version', { data: { batch_results: [{ signature: 'vault:v2:AAAA' }] } }],
  ['no prefix', { data: { batch_results: [{ signature: 'AAAA' }] } }],
  ['no base64', { data: { batch_results: [{ signature: 'vault:v1:@@@@' }] } }],
  ['text', 'a page of a proxy'],
])('an answer with %s is none', async (_, answer) => {
  server.tamper((reply) => ({ ...reply, body: typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? '') }));
  await expect(sign()).rejects.toMatchObject(UNAVAILABLE);
});

test.each<[string, unknown]>([
  ['no type', { latest_version: 1, keys: {} }],
  ['no version', { type: 'ed25519', keys: {} }],
  ['a version of text', { type: 'ed25519', latest_version: '1', keys: {} }],
])('a description of a key with %s is none', async (_, data) => {
  server.tamper((reply) => ({ ...reply, body: JSON.stringify({ data }) }));
  await expect(transit.readKey('ec')).rejects.toMatchObject(UNAVAILABLE);
});

test('no token, plaintext or ciphertext stands in a message, whatever the server says', async () => {
  const token = server.rootToken;
  const body = JSON.stringify({
    errors: [`canary: ${token} ${CANARY.toString()} ${CANARY.toString('base64')}\n\u0007`],
  });
  for (const status of [400, 403, 404, 405, 500, 503, 200]) {
    server.tamper(() => ({ status, body: status === 200 ? `not JSON ${token}` : body }));
    const attempts = [sign(), transit.encrypt('aes', CANARY, CONTEXT), transit.readKey('ec'), transit.rotateKey('ec')];
    for (const outcome of await Promise.allSettled(attempts)) {
      const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
      expect(reason).toBeInstanceOf(Error);
      const text = JSON.stringify(describeError(reason));
      for (const secret of [token, CANARY.toString(), CANARY.toString('base64')]) expect(text).not.toContain(secret);
      expect((reason as Error).message).toMatch(/^[\x20-\x7e…]+$/);
    }
  }
});

test('a namespace and another mount go with every request', async () => {
  await using other = await startVaultBench({ namespace: 'team/ns', mount: 'a/transit' });
  await other.server.createKey('k', 'ed25519');
  const { rootToken: token } = other.server;
  expect(await other.connect({ token, namespace: 'team/ns' }).readKey('k')).toMatchObject({ type: 'ed25519' });
  await expect(other.connect({ token }).readKey('k')).rejects.toMatchObject(REFUSED);
});

test('a server before Vault 1.10 says nothing of a rotation, and the version is known all the same', async () => {
  await using old = await startVaultBench({ rotateAnswers: 'nothing' });
  await old.server.createKey('k', 'ed25519');
  expect(await old.connect().rotateKey('k')).toBe(2);
});

test('TLS: only a certificate of the authorities of `caFile` is trusted, and the file is read again after a failure', async () => {
  const authority = await createCertificateAuthority('vault test');
  const certificate = await authority.issue({ commonName: 'vault', ipAddresses: ['127.0.0.1'] });
  await using secure = await startVaultBench({ certificate });
  await using directory = await createTempDirectory('vault-ca');
  const caFile = join(directory.path, 'ca.pem');
  const trusting = secure.connect({ caFile });
  await expect(trusting.readKey('k')).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining(caFile) });
  await writeFile(caFile, authority.caPem);
  expect(await trusting.readKey('k')).toBeUndefined();
  await expect(secure.connect().readKey('k')).rejects.toMatchObject(UNAVAILABLE);
});

test('once closed it asks nothing any more', async () => {
  const closing = bench.connect();
  await closing.readKey('ec');
  await closing.close();
  const before = server.requests.length;
  await expect(sign(closing)).rejects.toMatchObject(UNAVAILABLE);
  await closing.close();
  expect(server.requests.length).toBe(before);
});
