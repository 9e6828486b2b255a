import { createFakeClock, epochSeconds } from '@tessera/clock';
import type { OidcConnectorConfig } from '@tessera/config';
import { EgressError, type EgressRequest, type EgressResponse } from '@tessera/egress';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTVerifyGetKey, SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE } from '../connector.ts';
import { readOidcSettings } from './config.ts';
import { exchangeAtUpstream } from './exchange.ts';
import { sampleConfig, sampleMetadata, UPSTREAM_ISSUER } from './testing/sample-upstream.ts';
import type { Upstream } from './upstream.ts';

const person = { sub: 'j1', name: 'Jane', email: 'jane@example.com', email_verified: true, groups: ['staff'] };
const clock = createFakeClock();
const refusedToken = { code: 'federation.invalid_credentials', kind: 'unauthenticated' };

let privateKey: CryptoKey;
let keySet: JWTVerifyGetKey;
beforeAll(async () => {
  const pair = await generateKeyPair('ES256');
  privateKey = pair.privateKey;
  keySet = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] });
});

function sign(claims: Record<string, unknown> = {}, typ = 'JWT') {
  const iat = epochSeconds(clock.now());
  return new SignJWT({ iss: UPSTREAM_ISSUER, aud: 'tessera', iat, exp: iat + 300, ...person, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ })
    .sign(privateKey);
}

type Answer = Partial<EgressResponse> | 'down';

async function exchange(
  presented: { readonly token: string; readonly tokenType: string },
  options: { readonly more?: Partial<OidcConnectorConfig>; readonly answer?: Answer } = {},
) {
  const { more, answer = { text: JSON.stringify(person) } } = options;
  const asked: EgressRequest[] = [];
  const upstream: Upstream = {
    settings: await readOidcSettings({ ...sampleConfig, getUserInfo: true, ...more }),
    client: {
      async send(request) {
        asked.push(request);
        if (answer === 'down') throw new EgressError('unreachable', 'upstream.example cannot be reached');
        return { status: 200, mediaType: 'application/json', text: '', ...answer };
      },
      async close() {},
    },
    clock,
    discover: async () => sampleMetadata,
    keys: { find: async () => keySet, findNewer: async () => undefined },
  };
  return { answer: await exchangeAtUpstream(upstream, presented), asked };
}

const idToken = (token: string) => ({ token, tokenType: ID_TOKEN_TYPE });
const accessToken = (token: string) => ({ token, tokenType: ACCESS_TOKEN_TYPE });

test('RFC 8693 §2.1: an ID token of the upstream for us names the person, and nothing is kept', async () => {
  const { answer, asked } = await exchange(idToken(await sign({ nonce: 'of another visit', at_hash: 'x' })));
  expect(answer).toMatchObject({ identity: { userId: 'j1', email: 'jane@example.com', groups: ['staff'] }, data: '' });
  expect(asked).toEqual([]);
});

test.each([
  ['aud', { aud: 'another-client' }],
  ['azp', { aud: ['tessera', 'other'], azp: 'other' }],
  ['iss', { iss: 'https://other.example' }],
  ['exp', { exp: epochSeconds(clock.now()) - 61 }],
])('N79: an ID token that fails the check of %s is refused', async (check, claims) => {
  const attempt = exchange(idToken(await sign(claims)));
  await expect(attempt).rejects.toMatchObject(refusedToken);
  await expect(attempt).rejects.toThrow(`check of ${check}`);
});

test('N81: an access token of the upstream is not taken for an ID token, and text for neither', async () => {
  await expect(exchange(idToken(await sign({}, 'at+jwt')))).rejects.toMatchObject(refusedToken);
  await expect(exchange(idToken('canary'))).rejects.toMatchObject(refusedToken);
  await expect(exchange(idToken('canary'))).rejects.not.toThrow('canary');
});

test('OIDC Core §5.3: an access token is presented at userinfo, which names the person', async () => {
  const { answer, asked } = await exchange(accessToken('at-1'));
  expect(answer).toMatchObject({ identity: { userId: 'j1' }, data: '' });
  expect(asked).toEqual([{ url: `${UPSTREAM_ISSUER}/me`, headers: { authorization: 'Bearer at-1' } }]);
});

test('RFC 6750 §3.1: an access token that the upstream declines is refused, with nothing of its answer', async () => {
  for (const status of [400, 401, 403]) {
    const attempt = exchange(accessToken('at'), { answer: { status, text: '<p>canary</p>' } });
    await expect(attempt).rejects.toMatchObject(refusedToken);
    await expect(attempt).rejects.not.toThrow('canary');
  }
});

test('RFC 6750 §2.1: what cannot stand in a header is refused without a request', async () => {
  for (const token of ['', 'two words', 'line\r\nbreak: x', 'ä']) {
    await expect(exchange(accessToken(token), { answer: 'down' })).rejects.toMatchObject(refusedToken);
  }
});

test('An upstream that is down is unavailable, and one that answers nonsense is the operator’s business', async () => {
  for (const answer of ['down', { status: 503 }, { status: 429 }] as const) {
    await expect(exchange(accessToken('at'), { answer })).rejects.toMatchObject({
      code: 'federation.upstream_unavailable',
    });
  }
  for (const answer of [{ status: 302 }, { text: 'canary' }, { text: '{}' }, { text: '{"sub":""}' }]) {
    await expect(exchange(accessToken('at'), { answer })).rejects.toMatchObject({
      code: 'federation.upstream_misconfigured',
    });
  }
});

test('Only members of allowedGroups are let in by a token as well', async () => {
  const more = { allowedGroups: ['admins'] };
  for (const presented of [idToken(await sign()), accessToken('at')]) {
    await expect(exchange(presented, { more })).rejects.toMatchObject({ code: 'federation.not_in_required_groups' });
  }
});

test('RFC 8693 §3: other types, and access tokens without getUserInfo, are not exchanged', async () => {
  const unsupported = { code: 'federation.unsupported_exchange', kind: 'invalid_argument' };
  const saml = { token: 'x', tokenType: 'urn:ietf:params:oauth:token-type:saml2' };
  await expect(exchange(saml)).rejects.toMatchObject(unsupported);
  await expect(exchange(accessToken('at'), { more: { getUserInfo: false } })).rejects.toMatchObject(unsupported);
  expect((await exchange(idToken(await sign()), { more: { getUserInfo: false } })).answer.identity.userId).toBe('j1');
});
