import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { EgressResponse } from '@tessera/egress';
import { createParameters } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { type CheckContextOptions, createCheckContext, outcomeOf } from '../../testing/check-context.ts';
import { type AuthorizationParameters, authorizationQuery, CALLBACK, createClient } from '../../testing/harness.ts';
import { validateAuthorizationRequest } from '../pipeline.ts';
import { ClientRefusal, PageRefusal } from '../refusal.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { privateKey: foreignKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicJwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'k-1', alg: 'ES256', use: 'sig' };
const REQUEST_URI = 'https://app.example.com/request.jwt#v1';

const jwks = { keys: [publicJwk] };
const clients = [
  createClient('app', { settings: { jwks, requestUris: [REQUEST_URI] } }),
  createClient('strict', { settings: { jwks, requireRequestObject: true } }),
  createClient('keyless'),
];

function signed(claims: object, key: KeyObject = privateKey): string {
  const header = { alg: 'ES256', kid: 'k-1', typ: 'oauth-authz-req+jwt' };
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

/** What a request object usually says. */
const INSIDE = {
  iss: 'app',
  aud: 'https://id.example.com/dex',
  client_id: 'app',
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid email',
  state: 'inside',
};

type Served = Readonly<Record<string, EgressResponse>>;

interface Sent {
  readonly outside?: AuthorizationParameters;
  readonly oauth2?: CheckContextOptions['oauth2'];
  readonly served?: Served;
}

function send({ outside = {}, oauth2, served }: Sent) {
  const context = createCheckContext({
    clients,
    ...(oauth2 === undefined ? {} : { oauth2 }),
    ...(served === undefined ? {} : { served }),
  });
  const parameters = createParameters(new URLSearchParams(authorizationQuery(outside)));
  return { context, outcome: outcomeOf(validateAuthorizationRequest(parameters, context)) };
}

function answerWith(text: string, changes: Partial<EgressResponse> = {}): Served {
  return { 'https://app.example.com/request.jwt': { status: 200, mediaType: 'application/jwt', text, ...changes } };
}

describe('a request object by value', () => {
  it('RFC 9101 §6.3: only what stands inside counts, and travels on as it came', async () => {
    const request = signed({ ...INSIDE, max_age: 60, claims: { userinfo: { name: null } }, nonce: 'inside' });
    const outside = { request, scope: 'openid phone', state: 'outside', nonce: 'outside', login_hint: 'outside' };
    const valid = await send({ outside }).outcome;
    expect(valid).toMatchObject({
      scopes: ['openid', 'email'],
      state: 'inside',
      nonce: 'inside',
      loginHint: undefined,
      maxAgeSeconds: 60,
      claims: { userinfo: { name: {} } },
    });
    if (valid instanceof Error) throw valid;
    expect(valid.parameters.get('request')).toBe(request);
  });

  it('RFC 9101 §5: nothing but the client_id needs to stand outside', async () => {
    const outside = { redirect_uri: undefined, response_type: undefined, scope: undefined, state: undefined };
    expect(await send({ outside: { ...outside, request: signed(INSIDE) } }).outcome).toMatchObject({ state: 'inside' });
    const untyped = signed({ ...INSIDE, response_type: undefined, response_mode: 'fragment' });
    expect(await send({ outside: { request: untyped, response_type: 'id_token' } }).outcome).toMatchObject({
      error: 'invalid_request',
      request: { responseMode: 'query', state: 'inside' },
    });
  });

  it('OIDC Core §6.1: the redirect URI inside wins, and one outside that is not the client’s is never followed', async () => {
    const redirect_uri = 'https://evil.example/cb';
    const good = await send({ outside: { request: signed(INSIDE), redirect_uri } }).outcome;
    expect(good).toMatchObject({ redirectUri: CALLBACK });
    const bad = await send({ outside: { request: signed({ ...INSIDE, redirect_uri }) } }).outcome;
    expect(bad).toMatchObject({ name: 'PageRefusal', problem: 'untrusted-return' });
  });

  it('OIDC Core §6.1: a response_type outside must be the one inside, in any order of its words', async () => {
    const inside = { ...INSIDE, response_type: 'code id_token', nonce: 'n' };
    const same = await send({ outside: { request: signed(inside), response_type: 'id_token code' } }).outcome;
    expect(same).toMatchObject({ responseType: { code: true, idToken: true } });
    const other = await send({ outside: { request: signed(inside), response_type: 'code' } }).outcome;
    expect(other).toMatchObject({ name: 'ClientRefusal', error: 'invalid_request' });
  });

  it.each<[string, string]>([
    ['another key', signed(INSIDE, foreignKey)],
    ['no signature', `${Buffer.from('{"alg":"none"}').toString('base64url')}.${signed(INSIDE).split('.')[1]}.`],
    ['another client inside (RFC 9101 §5)', signed({ ...INSIDE, client_id: 'keyless' })],
    ['another issuer', signed({ ...INSIDE, iss: 'keyless' })],
    ['another audience', signed({ ...INSIDE, aud: 'https://other.example' })],
    ['a request inside (RFC 9101 §4)', signed({ ...INSIDE, request_uri: 'https://x.example' })],
    ['no JWT', 'nothing'],
  ])('RFC 9101 §6.2, N34: %s is refused', async (_, request) => {
    const known = await send({ outside: { request } }).outcome;
    expect(known).toMatchObject({
      error: 'invalid_request_object',
      request: { redirectUri: CALLBACK, state: 'st-1', responseMode: 'query' },
    });
    const unproven = await send({ outside: { request, redirect_uri: 'https://evil.example/cb' } }).outcome;
    expect(unproven).toBeInstanceOf(PageRefusal);
    const bare = { request, redirect_uri: undefined, response_type: undefined, scope: undefined, state: undefined };
    expect(await send({ outside: bare }).outcome).toBeInstanceOf(PageRefusal);
  });

  it('RFC 9101 §6.2: a client without keys sends none, and the log says why without saying what', async () => {
    const { context, outcome } = send({ outside: { client_id: 'keyless', request: signed(INSIDE) } });
    expect(await outcome).toMatchObject({ error: 'invalid_request_object' });
    expect(context.logs.join()).toContain('"reason":"unknown-key"');
    expect(context.logs.join()).not.toContain('inside');
  });

  it('RFC 9101 §10.5: a client that is held to request objects is refused without one', async () => {
    expect(await send({ outside: { client_id: 'strict' } }).outcome).toMatchObject({ error: 'invalid_request' });
    const request = signed({ ...INSIDE, iss: 'strict', client_id: 'strict' });
    expect(await send({ outside: { client_id: 'strict', request } }).outcome).toMatchObject({ state: 'inside' });
  });
});

describe('a request object by reference', () => {
  it('OIDC Core §6.2: is fetched from an address that is registered, without its fragment', async () => {
    const { context, outcome } = send({
      outside: { request_uri: REQUEST_URI },
      served: answerWith(`${signed(INSIDE)}\n`),
    });
    expect(await outcome).toMatchObject({ state: 'inside' });
    expect(context.fetched).toEqual(['https://app.example.com/request.jwt']);
  });

  it.each([
    ['another fragment', 'https://app.example.com/request.jwt#v2'],
    ['no fragment', 'https://app.example.com/request.jwt'],
    ['an address inside the network', 'http://169.254.169.254/latest'],
    ['a pushed request, of which there are none', 'urn:ietf:params:oauth:request_uri:abc'],
  ])('N45, OIDC Core §6.2: %s is not registered, and nothing is fetched', async (_, request_uri) => {
    const { context, outcome } = send({ outside: { request_uri }, served: answerWith(signed(INSIDE)) });
    expect(await outcome).toMatchObject({ error: 'invalid_request_uri', request: { redirectUri: CALLBACK } });
    expect(context.fetched).toEqual([]);
  });

  it.each<[string, Served]>([
    ['nothing', {}],
    ['an error', answerWith(signed(INSIDE), { status: 500 })],
    ['a redirect', answerWith('', { status: 302 })],
    ['a web page', answerWith(signed(INSIDE), { mediaType: 'text/html' })],
  ])('N45, RFC 9101 §5.2.3: %s in its place is refused', async (_, served) => {
    expect(await send({ outside: { request_uri: REQUEST_URI }, served }).outcome).toMatchObject({
      error: 'invalid_request_uri',
    });
  });
});

describe('what is switched off', () => {
  const oauth2 = { requestObjects: { byValue: false, byReference: false } };

  it.each<[AuthorizationParameters, string]>([
    [{ request: 'e30.e30.' }, 'request_not_supported'],
    [{ request: 'e'.repeat(8_000) }, 'request_not_supported'],
    [{ request_uri: REQUEST_URI }, 'request_uri_not_supported'],
  ])('OIDC Core §3.1.2.6: %j is told to the client', async (outside, error) => {
    const { context, outcome } = send({ outside, oauth2 });
    const refusal = await outcome;
    expect(refusal).toBeInstanceOf(ClientRefusal);
    expect(refusal).toMatchObject({ error });
    expect(context.fetched).toEqual([]);
  });
});

describe('both, or more than one', () => {
  it('RFC 9101 §5: request and request_uri exclude one another', async () => {
    const outside = { request: signed(INSIDE), request_uri: REQUEST_URI };
    expect(await send({ outside }).outcome).toMatchObject({ error: 'invalid_request' });
  });

  it('RFC 6749 §3.1: neither may be there twice, nor anything else outside', async () => {
    const context = createCheckContext({ clients });
    const request = signed(INSIDE);
    for (const twice of [`request=${request}&request=${request}`, `request=${request}&nonce=1&nonce=2`]) {
      const parameters = createParameters(new URLSearchParams(`${authorizationQuery()}&${twice}`));
      const refusal = await outcomeOf(validateAuthorizationRequest(parameters, context));
      expect(refusal).toMatchObject({ error: 'invalid_request' });
    }
  });
});
