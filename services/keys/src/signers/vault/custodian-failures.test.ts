import { constants, createPublicKey, type KeyObject, sign as signWith } from 'node:crypto';
import type { SigningAlgorithm } from '@tessera/oauth';
import { createRequestId, runInContext } from '@tessera/telemetry';
import type { VaultKeyType, VaultReply, VaultServer } from '@tessera/testkit';
import { calculateJwkThumbprint } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  READ_AND_SIGN_RULES,
  SIGNING_RULES,
  startVaultBench,
  type VaultBench,
} from '../../vault/testing/vault-bench.ts';
import type { Custodian, Signer } from '../custodian.ts';
import type { VaultHalf } from '../private-half.ts';
import { isGenuineSignature } from '../signature-check.ts';
import { createVaultCustodian } from './custodian.ts';

const REFUSED = { kind: 'invalid_argument', code: 'keys.signer_refused' };
const UNAVAILABLE = { kind: 'unavailable', code: 'keys.signer_unavailable' };
const RSA_BYTES = 256;
const HASH_BYTES = 32;
const INPUT = 'e30.e30';

let bench: VaultBench;
let server: VaultServer;
let count = 0;
beforeAll(async () => {
  bench = await startVaultBench();
  ({ server } = bench);
});
beforeEach(() => {
  server.unseal();
  server.tamper();
  server.slowDown(0);
});
afterAll(() => bench[Symbol.asyncDispose]());

interface Place {
  readonly custodian: Custodian<'vault'>;
  readonly keyName: string;
}

/** A Transit key of its own for each test, and a custodian that makes ES256 keys of it. */
async function startPlace(type: VaultKeyType = 'ecdsa-p256', token?: string): Promise<Place> {
  count += 1;
  const keyName = `key-${count}`;
  await server.createKey(keyName, type);
  return { keyName, custodian: connect(keyName, token) };
}

function connect(keyName: string, token?: string, alg: SigningAlgorithm = 'ES256'): Custodian<'vault'> {
  const transit = bench.connect(token === undefined ? {} : { token });
  return createVaultCustodian({ transit, keyNames: { [alg]: keyName }, logger: bench.logger });
}

async function startSigner(token?: string): Promise<Place & { readonly sign: Signer; readonly publicKey: KeyObject }> {
  const place = await startPlace('ecdsa-p256', token);
  const { kid, publicJwk, privateHalf } = await place.custodian.create('ES256', []);
  const sign = await place.custodian.open('ES256', kid, privateHalf);
  return { ...place, sign, publicKey: createPublicKey({ key: publicJwk, format: 'jwk' }) };
}

const countOf = (path: string): number => server.requests.filter((request) => request.path === path).length;

async function expectSignature(sign: Signer, publicKey: KeyObject): Promise<void> {
  expect(isGenuineSignature('ES256', publicKey, INPUT, await sign(INPUT))).toBe(true);
}

test('RFC 7638 §3: the version that Dex signed with is taken over under the kid it had there', async () => {
  const { custodian, keyName } = await startPlace('rsa-2048');
  await server.rotateKey(keyName);
  const version = server.key(keyName).versions.get(2);
  const jwk = version?.kind === 'pair' ? version.publicKey.export({ format: 'jwk' }) : {};
  const { kid, privateHalf } = await connect(keyName, undefined, 'RS256').create('RS256', []);
  expect(kid).toBe(await calculateJwkThumbprint(jwk, 'sha256'));
  expect(privateHalf).toEqual({ signer: 'vault', keyName, keyVersion: 2 });
  expect(server.key(keyName).latestVersion).toBe(2);
  await custodian.close();
});

test('a version that the operator rotated to is taken, and only then the key is rotated', async () => {
  const { custodian, keyName } = await startPlace();
  const first = await custodian.create('ES256', []);
  await server.rotateKey(keyName);
  await server.rotateKey(keyName);
  const second = await custodian.create('ES256', [first.privateHalf]);
  expect([second.privateHalf.keyVersion, server.key(keyName).latestVersion]).toEqual([3, 3]);
  const third = await custodian.create('ES256', [second.privateHalf, first.privateHalf]);
  expect([third.privateHalf.keyVersion, server.key(keyName).latestVersion]).toEqual([4, 4]);
});

test('versions of another Transit key, and keys that are kept elsewhere, do not count', async () => {
  const { custodian } = await startPlace();
  const elsewhere = { signer: 'pkcs11', id: '01' } as const;
  const other: VaultHalf = { signer: 'vault', keyName: 'another', keyVersion: 7 };
  expect((await custodian.create('ES256', [other, elsewhere])).privateHalf.keyVersion).toBe(1);
});

test('an operator who rotates meanwhile changes nothing for the version in use', async () => {
  const { sign, publicKey, keyName } = await startSigner();
  await server.rotateKey(keyName);
  await expectSignature(sign, publicKey);
});

test('replicas that make a key at once get keys that all sign, and a version that nobody took is taken next', async () => {
  const { custodian, keyName } = await startPlace();
  const first = await custodian.create('ES256', []);
  const replicas = [custodian, connect(keyName), connect(keyName)];
  const made = await Promise.all(replicas.map((replica) => replica.create('ES256', [first.privateHalf])));
  for (const { kid, publicJwk, privateHalf } of made) {
    const sign = await custodian.open('ES256', kid, privateHalf);
    await expectSignature(sign, createPublicKey({ key: publicJwk, format: 'jwk' }));
  }
  const [winner] = made.toSorted((one, other) => one.privateHalf.keyVersion - other.privateHalf.keyVersion);
  if (winner === undefined) throw new Error('no key');
  const latest = server.key(keyName).latestVersion;
  const next = await custodian.create('ES256', [first.privateHalf, winner.privateHalf]);
  expect(next.privateHalf.keyVersion).toBeGreaterThan(winner.privateHalf.keyVersion);
  expect(next.privateHalf.keyVersion).toBe(latest > winner.privateHalf.keyVersion ? latest : latest + 1);
});

test('where rotating is not permitted that is said, and the version that is there goes on signing', async () => {
  const { custodian, keyName, sign, publicKey } = await startSigner(server.createToken({ rules: READ_AND_SIGN_RULES }));
  const known: VaultHalf = { signer: 'vault', keyName, keyVersion: 1 };
  await expect(custodian.create('ES256', [known])).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/no version after 1, which goes on signing.*transit\/keys\/key-\d+\/rotate/),
  });
  await expectSignature(sign, publicKey);
  await server.rotateKey(keyName);
  expect((await custodian.create('ES256', [known])).privateHalf.keyVersion).toBe(2);
});

test('RFC 8725 §3.1: a Transit key of the wrong type is refused, and not rotated', async () => {
  for (const type of ['ecdsa-p384', 'ed25519', 'rsa-2048', 'aes256-gcm96'] as const) {
    const { custodian, keyName } = await startPlace(type);
    await expect(custodian.create('ES256', [{ signer: 'vault', keyName, keyVersion: 1 }])).rejects.toMatchObject({
      ...REFUSED,
      message: `the Transit key ${keyName} is of type ${type}, and ES256 needs ecdsa-p256`,
    });
    expect(server.key(keyName).latestVersion).toBe(1);
  }
});

test('a Transit key that is not there, and an algorithm without one, are refused with what to do', async () => {
  const custodian = connect('nobody');
  await expect(custodian.create('ES256', [])).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringMatching(/no Transit key nobody; make one of type ecdsa-p256/),
  });
  await expect(custodian.create('EdDSA', [])).rejects.toMatchObject(REFUSED);
});

test('a token that may read and not sign is refused before its key is published', async () => {
  const rules = SIGNING_RULES.filter(({ path }) => !path.startsWith('transit/sign'));
  const { custodian, keyName } = await startPlace('ecdsa-p256', server.createToken({ rules }));
  await expect(custodian.create('ES256', [])).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining(`"update" on transit/sign/${keyName}`),
  });
});

test('calls of one turn are one request, bounded, and those of different keys are not mixed', async () => {
  const one = await startSigner();
  const other = await startSigner();
  const before = [countOf(`transit/sign/${one.keyName}`), countOf(`transit/sign/${other.keyName}`)];
  const inputs = Array.from({ length: 40 }, (_, index) => `e30.${index}`);
  const signAll = (sign: Signer): Promise<string[]> => Promise.all(inputs.map(async (input) => sign(input)));
  const signatures = await Promise.all([one, other].map(({ sign }) => signAll(sign)));
  for (const [position, { publicKey }] of [one, other].entries()) {
    const genuine = inputs.map((input, index) =>
      isGenuineSignature('ES256', publicKey, input, signatures[position]?.[index] ?? ''),
    );
    expect(genuine).not.toContain(false);
  }
  const after = [countOf(`transit/sign/${one.keyName}`), countOf(`transit/sign/${other.keyName}`)];
  expect(after.map((requests, position) => requests - (before[position] ?? 0))).toEqual([2, 2]);
  const sizes = server.requests.slice(-4).map(({ body }) => (body['batch_input'] as readonly unknown[]).length);
  expect(sizes.toSorted((a, b) => a - b)).toEqual([8, 8, 32, 32]);
});

test('many versions are opened with one description of their key', async () => {
  const { custodian, keyName } = await startPlace();
  const made = [await custodian.create('ES256', [])];
  for (let index = 0; index < 4; index += 1) {
    made.push(
      await custodian.create(
        'ES256',
        made.map(({ privateHalf }) => privateHalf),
      ),
    );
  }
  const before = countOf(`transit/keys/${keyName}`);
  await Promise.all(made.map(({ kid, privateHalf }) => custodian.open('ES256', kid, privateHalf)));
  expect(countOf(`transit/keys/${keyName}`)).toBe(before + 1);
});

const SIGNING_REFUSED = { kind: 'unavailable', code: 'keys.signing_refused' };

test.each<[string, object, (place: Place, token: string) => void]>([
  ['a sealed server', UNAVAILABLE, () => server.seal()],
  ['an expired token', SIGNING_REFUSED, (_, token) => server.revokeToken(token)],
  ['a deleted key', SIGNING_REFUSED, ({ keyName }) => server.deleteKey(keyName)],
  [
    'a version below the minimum',
    SIGNING_REFUSED,
    ({ keyName }) => Object.assign(server.key(keyName), { minEncryptionVersion: 2 }),
  ],
])('%s in the middle makes signing unavailable, logged once', async (_, expected, happen) => {
  const token = server.createToken({ rules: SIGNING_RULES });
  const { sign, publicKey, ...place } = await startSigner(token);
  await expectSignature(sign, publicKey);
  const before = bench.logger.records.length;
  happen(place, token);
  for (let attempt = 0; attempt < 3; attempt += 1) await expect(sign(INPUT)).rejects.toMatchObject(expected);
  const logged = bench.logger.records.slice(before);
  expect(logged).toMatchObject([{ message: 'Vault does not sign' }]);
  expect(JSON.stringify(logged)).not.toContain(token);
});

test('N47: a slow server keeps nobody longer than they would wait', async () => {
  const { sign } = await startSigner();
  server.slowDown(10_000);
  const context = { requestId: createRequestId(), deadlineMs: performance.now() + 200 };
  await expect(runInContext(context, async () => sign(INPUT))).rejects.toMatchObject(UNAVAILABLE);
});

test('a deleted key does not open, nor one that was made anew under its name, nor an archived version', async () => {
  const { custodian, keyName } = await startPlace();
  const { kid, privateHalf } = await custodian.create('ES256', []);
  await server.rotateKey(keyName);
  server.key(keyName).minDecryptionVersion = 2;
  await expect(custodian.open('ES256', kid, privateHalf)).rejects.toMatchObject(REFUSED);
  server.deleteKey(keyName);
  await expect(custodian.open('ES256', kid, privateHalf)).rejects.toMatchObject(REFUSED);
  await server.createKey(keyName, 'ecdsa-p256');
  await expect(custodian.open('ES256', kid, privateHalf)).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('is not the key'),
  });
});

test('a key that was made anew behind its name is found with the first signature, and none leaves', async () => {
  const { sign, publicKey, keyName } = await startSigner();
  await expectSignature(sign, publicKey);
  server.deleteKey(keyName);
  await server.createKey(keyName, 'ecdsa-p256');
  await expect(sign(INPUT)).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining('not by the key that is published'),
  });
});

test('of every answer one signature is verified, each time at another place', async () => {
  const { sign } = await startSigner();
  server.tamper((reply) => withResult(reply, 1, (signature) => signature.replace(/.{8}$/, 'AAAAAAAA')));
  const outcomes: (string | undefined)[] = [];
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const [first] = await Promise.allSettled([sign(INPUT), sign(INPUT)]);
    outcomes.push(first?.status);
  }
  expect(outcomes).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
});

test.each<[string, (reply: VaultReply) => VaultReply]>([
  ['too few results', (reply) => withResults(reply, (results) => results.slice(1))],
  [
    'the results of another version',
    (reply) => withResult(reply, 0, (signature) => signature.replace('vault:v1', 'vault:v2')),
  ],
  ['a signature that is cut off', (reply) => withResult(reply, 0, (signature) => signature.slice(0, 40))],
  ['an empty answer', (reply) => ({ ...reply, body: '' })],
])('an answer with %s gives no signature', async (_, tamper) => {
  const { sign } = await startSigner();
  server.tamper(tamper);
  for (const outcome of await Promise.allSettled([sign(INPUT), sign(INPUT)])) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
  }
});

test('RFC 7518 §3.5: PSS signatures with the longest salt, as a server would make that ignores `salt_length`, are refused', async () => {
  const { keyName } = await startPlace('rsa-2048');
  const version = server.key(keyName).versions.get(1);
  if (version?.kind !== 'pair') throw new Error('no key pair');
  const saltLength = RSA_BYTES - HASH_BYTES - 2;
  const key = { key: version.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  server.tamper((reply, { path, body }) => {
    if (!path.includes('/sign/')) return reply;
    const inputs = body['batch_input'] as readonly { readonly input: string }[];
    const sign = ({ input }: { readonly input: string }): string =>
      `vault:v1:${signWith('sha256', Buffer.from(input, 'base64'), key).toString('base64')}`;
    return withResults(reply, () => inputs.map((item) => ({ signature: sign(item) })));
  });
  await expect(connect(keyName, undefined, 'PS256').create('PS256', [])).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('no PS256 signature'),
  });
});

interface SignResult {
  readonly signature: string;
}

function withResults(reply: VaultReply, change: (results: readonly SignResult[]) => readonly SignResult[]): VaultReply {
  const { data } = JSON.parse(reply.body) as { readonly data: { readonly batch_results?: readonly SignResult[] } };
  if (data.batch_results === undefined) return reply;
  return { ...reply, body: JSON.stringify({ data: { batch_results: change(data.batch_results) } }) };
}

function withResult(reply: VaultReply, position: number, change: (signature: string) => string): VaultReply {
  return withResults(reply, (results) =>
    results.map((result, index) => (index === position ? { signature: change(result.signature) } : result)),
  );
}
