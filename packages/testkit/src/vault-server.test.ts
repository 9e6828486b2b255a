import { constants, createPublicKey, verify } from 'node:crypto';
import { get } from 'node:https';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCertificateAuthority } from './certificates.ts';
import { startVault, type VaultServer, type VaultServerOptions } from './vault-server.ts';

type Members = Readonly<Record<string, unknown>>;

const TTL_SECONDS = 100;
const HASH_BYTES = 32;
const RSA_BYTES = 256;

let nowMs = Date.parse('2026-01-01T00:00:00Z');
let vault: VaultServer;
beforeAll(async () => {
  vault = await startVault({ now: () => new Date(nowMs) });
  await vault.createKey('ec', 'ecdsa-p256');
  await vault.createKey('ed', 'ed25519');
  await vault.createKey('rsa', 'rsa-2048');
  await vault.createKey('aes', 'aes256-gcm96');
});
afterAll(() => vault.close());

interface Ask {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Members;
  readonly server?: VaultServer;
}

async function ask(path: string, { token, headers, body, server = vault }: Ask = {}) {
  const response = await fetch(`${server.addr}/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      'x-vault-request': 'true',
      'x-vault-token': token ?? server.rootToken,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === '' ? {} : (JSON.parse(text) as { data?: Members; auth?: Members; errors?: string[] });
  return { status: response.status, data: answer.data ?? {}, auth: answer.auth ?? {}, errors: answer.errors };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function started<T>(options: VaultServerOptions, use: (server: VaultServer) => Promise<T>): Promise<T> {
  await using server = await startVault(options);
  return await use(server);
}

test('a key is described with the public key of each version, and rotated', async () => {
  const { data } = await ask('transit/keys/ec');
  expect(data).toMatchObject({ name: 'ec', type: 'ecdsa-p256', latest_version: 1 });
  const rotated = await ask('transit/keys/ec/rotate', { body: {} });
  expect(Object.keys(rotated.data['keys'] as Members)).toEqual(['1', '2']);
  vault.key('ec').minDecryptionVersion = 2;
  expect(Object.keys((await ask('transit/keys/ec')).data['keys'] as Members)).toEqual(['2']);
  vault.key('ec').minDecryptionVersion = 1;
});

test('keys are made by HTTP too, and a type that does not exist is refused', async () => {
  expect((await ask('transit/keys/made', { body: { type: 'ed25519' } })).data).toMatchObject({ type: 'ed25519' });
  expect(await ask('transit/keys/made', { body: { type: 'rsa-1024' } })).toMatchObject({ status: 200 });
  expect(await ask('transit/keys/other', { body: { type: 'rsa-1024' } })).toMatchObject({ status: 400 });
});

test('signatures of a batch come in order, in the encoding asked for, of the version asked for', async () => {
  const texts = ['a', 'b', 'c'];
  const body = {
    batch_input: texts.map((text) => ({ input: base64(text) })),
    hash_algorithm: 'sha2-256',
    marshaling_algorithm: 'jws',
    key_version: 1,
  };
  const { data } = await ask('transit/sign/ec', { body });
  const results = data['batch_results'] as readonly { readonly signature: string }[];
  const { publicKey } = vault.key('ec').versions.get(1) as { publicKey: ReturnType<typeof createPublicKey> };
  for (const [index, { signature }] of results.entries()) {
    expect(signature).toMatch(/^vault:v1:[\w-]{86}$/);
    const bytes = Buffer.from(signature.slice('vault:v1:'.length), 'base64url');
    const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', Buffer.from(texts[index] ?? ''), key, bytes)).toBe(true);
  }
});

test('RSA keys sign by PSS with the longest salt unless told otherwise, as Vault does', async () => {
  const pem = Object.values((await ask('transit/keys/rsa')).data['keys'] as Record<string, { public_key: string }>)[0];
  const key = createPublicKey(pem?.public_key ?? '');
  const saltOf = async (fields: Members): Promise<boolean[]> => {
    const { data } = await ask('transit/sign/rsa', { body: { input: base64('a'), ...fields } });
    const bytes = Buffer.from(String(data['signature']).slice('vault:v1:'.length), 'base64');
    return [HASH_BYTES, RSA_BYTES - HASH_BYTES - 2].map((saltLength) =>
      verify('sha256', Buffer.from('a'), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, bytes),
    );
  };
  expect(await saltOf({})).toEqual([false, true]);
  expect(await saltOf({ signature_algorithm: 'pss', salt_length: 'hash' })).toEqual([true, false]);
  expect(await saltOf({ signature_algorithm: 'pkcs1v15' })).toEqual([false, false]);
});

test.each<[string, Members]>([
  ['sign/ec', { input: 'not base64' }],
  ['sign/ec', { input: 'YQ==', prehashed: true }],
  ['sign/ec', { input: 'YQ==', signature_algorithm: 'pss' }],
  ['sign/ec', { input: 'YQ==', hash_algorithm: 'sha256' }],
  ['sign/ec', { input: 'YQ==', marshaling_algorithm: 'raw' }],
  ['sign/ec', { input: 'YQ==', key_version: 99 }],
  ['sign/ec', { input: 'YQ==', surplus: 1 }],
  ['sign/ec', { batch_input: [] }],
  ['sign/ed', { input: 'YQ==', hash_algorithm: 'sha2-512' }],
  ['sign/aes', { input: 'YQ==' }],
  ['sign/nobody', { input: 'YQ==' }],
  ['keys/nobody/rotate', {}],
  ['encrypt/aes', { plaintext: 'YQ==', context: 'YQ==' }],
  ['encrypt/ec', { plaintext: 'YQ==' }],
  ['decrypt/aes', { ciphertext: 'vault:v1:AAAA' }],
  ['decrypt/aes', { ciphertext: 'vault:v9:AAAA' }],
])('a wrong request is refused: %s %j', async (path, body) => {
  expect(await ask(`transit/${path}`, { body })).toMatchObject({ status: 400, errors: [expect.any(String)] });
});

test('one wrong item of a batch has an error of its own', async () => {
  const { data } = await ask('transit/sign/ed', { body: { batch_input: [{ input: 'YQ==' }, { input: '?' }] } });
  expect(data['batch_results']).toMatchObject([{ signature: expect.any(String) }, { error: expect.any(String) }]);
});

test('what is sealed opens again, also after a rotation and rewrapped, and not once it is changed', async () => {
  const { data } = await ask('transit/encrypt/aes', { body: { plaintext: base64('secret') } });
  await vault.rotateKey('aes');
  const rewrapped = (await ask('transit/rewrap/aes', { body: { ciphertext: data['ciphertext'] } })).data['ciphertext'];
  expect(String(rewrapped)).toMatch(/^vault:v2:/);
  for (const ciphertext of [data['ciphertext'], rewrapped]) {
    const opened = await ask('transit/decrypt/aes', { body: { ciphertext } });
    expect(opened.data['plaintext']).toBe(base64('secret'));
  }
  const changed = String(rewrapped).replace('vault:v2:', 'vault:v1:');
  expect((await ask('transit/decrypt/aes', { body: { ciphertext: changed } })).status).toBe(400);
  vault.key('aes').minDecryptionVersion = 2;
  expect((await ask('transit/decrypt/aes', { body: { ciphertext: data['ciphertext'] } })).status).toBe(400);
});

test('a token may do what its policy says, until it expires or is revoked', async () => {
  const rules = [{ path: 'transit/keys/*', capabilities: ['read'] }] as const;
  const token = vault.createToken({ rules, ttlSeconds: TTL_SECONDS, maxTtlSeconds: TTL_SECONDS * 1.5 });
  expect((await ask('transit/keys/ec', { token })).status).toBe(200);
  expect((await ask('transit/keys/ec/rotate', { token, body: {} })).status).toBe(403);
  expect((await ask('transit/sign/ec', { token, body: { input: 'YQ==' } })).status).toBe(403);
  nowMs += (TTL_SECONDS - 10) * 1000;
  expect((await ask('auth/token/lookup-self', { token })).data).toMatchObject({ ttl: 10, renewable: true });
  expect((await ask('auth/token/renew-self', { token, body: {} })).auth).toMatchObject({ lease_duration: 60 });
  nowMs += 60_000;
  expect((await ask('auth/token/lookup-self', { token })).status).toBe(403);
  const revoked = vault.createToken();
  vault.revokeToken(revoked);
  expect((await ask('auth/token/lookup-self', { token: revoked })).status).toBe(403);
});

test('a sealed server, a missing key, a wrong path, a request without its mark and no token are each told apart', async () => {
  vault.seal();
  expect(await ask('transit/keys/ec')).toMatchObject({ status: 503, errors: ['Vault is sealed'] });
  vault.unseal();
  expect(await ask('transit/keys/nobody')).toMatchObject({ status: 404, errors: [] });
  expect(await ask('other/keys/ec')).toMatchObject({ status: 404, errors: [expect.stringContaining('no handler')] });
  expect((await ask('transit/keys/ec', { headers: { 'x-vault-request': '' } })).status).toBe(412);
  expect((await ask('transit/keys/ec', { token: 'nobody' })).status).toBe(403);
  expect((await ask('transit/sign/ec', { body: {}, headers: { 'content-type': 'text/plain' } })).status).toBe(400);
});

test('another mount, a namespace and the silence of old servers about rotations', async () => {
  const options = { mount: 'team/transit', namespace: 'ns1', rotateAnswers: 'nothing' } as const;
  await started(options, async (server) => {
    await server.createKey('k', 'ed25519');
    const headers = { 'x-vault-namespace': 'ns1' };
    expect((await ask('team/transit/keys/k', { server })).status).toBe(403);
    expect((await ask('team/transit/keys/k/rotate', { server, headers, body: {} })).status).toBe(204);
    expect((await ask('team/transit/keys/k', { server, headers })).data).toMatchObject({ latest_version: 2 });
    expect(server.requests.map(({ status }) => status)).toEqual([403, 204, 200]);
  });
});

test('answers can be slow, and changed on their way out', async () => {
  vault.slowDown(50);
  const before = performance.now();
  await ask('transit/keys/ec');
  expect(performance.now() - before).toBeGreaterThan(40);
  vault.slowDown(0);
  vault.tamper((reply, { path }) => (path.endsWith('ec') ? { ...reply, status: 502 } : reply));
  expect((await ask('transit/keys/ec')).status).toBe(502);
  expect((await ask('transit/keys/ed')).status).toBe(200);
  vault.tamper();
  expect((await ask('transit/keys/ec')).status).toBe(200);
});

test('with a certificate it speaks TLS', async () => {
  const authority = await createCertificateAuthority('vault test');
  const certificate = await authority.issue({ commonName: 'vault', ipAddresses: ['127.0.0.1'] });
  await started({ certificate }, async ({ addr, rootToken }) => {
    const headers = { 'x-vault-request': 'true', 'x-vault-token': rootToken };
    const status = await new Promise((resolve, reject) => {
      get(`${addr}/v1/transit/keys/none`, { ca: authority.caPem, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(404);
  });
});
