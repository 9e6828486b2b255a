import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type HmacAlgorithm, signHmacJws } from '@tessera/oauth';
import { expect, it } from 'vitest';
import { createCheckContext } from '../testing/check-context.ts';
import { createClient } from '../testing/harness.ts';
import { verifyIdTokenHint } from './id-token-hint.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { privateKey: foreignKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { kid: 'k-1', alg: 'ES256', key: createPublicKey(privateKey) } as const;
const context = createCheckContext({ clients: [], keys: [key] });
const SECRET = 's'.repeat(64);
const app = createClient('app');
const hmacApp = createClient('app', { hmacSecret: SECRET });

const CLAIMS = { iss: 'https://id.example.com/dex', aud: 'app', sub: 's-1', exp: 1, iat: 0 };

function signed(claims: object, header: object = {}, signer: KeyObject = privateKey): string {
  const parts = [{ alg: 'ES256', kid: 'k-1', typ: 'JWT', ...header }, claims];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${sign('sha256', Buffer.from(input), { key: signer, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

it('OIDC Core §3.1.2.1: an ID token of ours for this client, even an expired one, says who and which session', async () => {
  expect(await verifyIdTokenHint(signed(CLAIMS), app, context)).toEqual({ subject: 's-1' });
  const shared = { ...CLAIMS, aud: ['peer', 'app'], sid: 'session-1' };
  expect(await verifyIdTokenHint(signed(shared), app, context)).toEqual({ subject: 's-1', sessionId: 'session-1' });
  const forOthers = { ...CLAIMS, aud: ['peer', 'other'], azp: 'app' };
  expect(await verifyIdTokenHint(signed(forOthers), app, context)).toEqual({ subject: 's-1' });
});

it.each<[string, string]>([
  ['of another client', signed({ ...CLAIMS, aud: 'other' })],
  ['of another issuer', signed({ ...CLAIMS, iss: 'https://id.example.com' })],
  ['of a foreign key', signed(CLAIMS, {}, foreignKey)],
  ['of a key we do not have', signed(CLAIMS, { kid: 'k-2' })],
  ['that names no key', signed(CLAIMS, { kid: undefined })],
  ['that is an access token', signed(CLAIMS, { typ: 'at+jwt' })],
  ['that is a logout token', signed(CLAIMS, { typ: 'logout+jwt' })],
  ['that is signed userinfo', signed({ ...CLAIMS, exp: undefined })],
  ['without a subject', signed({ ...CLAIMS, sub: '' })],
  ['without a signature', `${signed(CLAIMS, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`],
  ['with the algorithm none', signed(CLAIMS, { alg: 'none' })],
])('N57: a hint %s names nobody', async (_, token) => {
  expect(await verifyIdTokenHint(token, hmacApp, context)).toBeUndefined();
});

it.each<HmacAlgorithm>(['HS256', 'HS384', 'HS512'])(
  'OIDC Core §10.1: %s by the secret of a client that has one',
  async (alg) => {
    const token = signHmacJws(CLAIMS, { alg, secret: SECRET, typ: 'JWT' });
    expect(await verifyIdTokenHint(token, hmacApp, context)).toEqual({ subject: 's-1' });
    expect(await verifyIdTokenHint(token, app, context)).toBeUndefined();
  },
);

it('N34: our public key is no secret', async () => {
  const secret = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const token = signHmacJws(CLAIMS, { alg: 'HS256', secret, kid: 'k-1', typ: 'JWT' });
  expect(await verifyIdTokenHint(token, hmacApp, context)).toBeUndefined();
});
