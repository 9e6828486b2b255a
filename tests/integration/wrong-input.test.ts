import { request as httpRequest } from 'node:http';
import { createUserAgent } from '@tessera/testkit';
import { describe, expect, test } from 'vitest';
import { shapes } from '../support/shapes.ts';
import { authorizationUrl, signIn } from '../support/sign-in.ts';
import { APP, CALLBACK } from '../support/system-config.ts';

const BASIC = `Basic ${Buffer.from(`${APP.id}:${APP.secret}`).toString('base64')}`;
const FORM = 'application/x-www-form-urlencoded';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, type: response.headers.get('content-type') ?? '', body: await response.text() };
}

function expectNoTrace(body: string): void {
  expect(body).not.toMatch(/\n\s+at |node:internal|\.ts:\d+|ECONN|Error:/);
}

describe.each(shapes)('$name', ({ issuer }) => {
  const endpoints = ['token', 'token/introspect', 'token/revoke'];

  test.each([
    [
      'a malformed body',
      { headers: { 'content-type': FORM, authorization: BASIC }, body: 'token=%zz&grant_type=%' },
      400,
    ],
    [
      'a body that is not UTF-8',
      { headers: { 'content-type': FORM, authorization: BASIC }, body: new Uint8Array([0x74, 0x3d, 0xff, 0xfe]) },
      400,
    ],
    [
      'an oversized body',
      { headers: { 'content-type': FORM, authorization: BASIC }, body: `token=${'x'.repeat(70_000)}` },
      413,
    ],
    [
      'a repeated parameter',
      { headers: { 'content-type': FORM, authorization: BASIC }, body: 'token=a&token=b&grant_type=x&grant_type=y' },
      400,
    ],
    ['JSON', { headers: { 'content-type': 'application/json', authorization: BASIC }, body: '{}' }, 415],
    ['no content type', { headers: { 'content-type': '', authorization: BASIC }, body: 'token=x' }, 415],
  ] as const)('RFC 6749 §5.2: %s gets a JSON error at every client endpoint', async (_what, init, status) => {
    for (const endpoint of endpoints) {
      const answer = await send(`${issuer}/${endpoint}`, { method: 'POST', ...init, body: init.body as string });
      expect([endpoint, answer.status]).toEqual([endpoint, status]);
      expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
      expectNoTrace(answer.body);
    }
  });

  test('RFC 9110 §15.5.6: a wrong method is refused with Allow, as JSON where clients ask', async () => {
    for (const endpoint of endpoints) {
      const response = await fetch(`${issuer}/${endpoint}`);
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    }
    const put = await send(`${issuer}/auth`, { method: 'PUT' });
    expect([put.status, put.type]).toEqual([405, expect.stringContaining('text/html')]);
  });

  test.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['no client', { client_id: undefined }],
    ['an unregistered redirect URI', { redirect_uri: 'https://evil.example/callback' }],
    ['a redirect URI with a path added', { redirect_uri: `${CALLBACK}/more` }],
    ['a redirect URI with a query added', { redirect_uri: `${CALLBACK}?x=1` }],
    ['a redirect URI with user info', { redirect_uri: 'http://127.0.0.1:5555@evil.example/callback' }],
    ['no redirect URI', { redirect_uri: undefined }],
  ])('RFC 6749 §4.1.2.1, N14: %s is told on our own page, never by a redirect', async (_what, parameters) => {
    for (const path of ['auth', 'auth/local']) {
      const url = authorizationUrl({ issuer, parameters: { ...parameters, connector_id: undefined } });
      const answer = await send(url.href.replace('/auth?', `/${path}?`), {});
      expect([answer.status, answer.type]).toEqual([400, 'text/html; charset=utf-8']);
      expect(answer.body).toContain('id="error-reference"');
      expectNoTrace(answer.body);
    }
  });

  test.each([
    ['an unknown response type', { response_type: 'magic' }, 'invalid_request'],
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['an unknown scope', { scope: 'openid everything' }, 'invalid_scope'],
    ['no openid', { scope: 'email' }, 'invalid_scope'],
    ['PKCE by plain', { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }, 'invalid_request'],
    ['a request object that is none', { request: 'eyJ' }, 'invalid_request_object'],
    ['a registration', { registration: '{}' }, 'registration_not_supported'],
    ['prompt=none without a session', { prompt: 'none' }, 'login_required'],
    ['prompt=none with another', { prompt: 'none login' }, 'invalid_request'],
  ])('RFC 6749 §4.1.2.1: %s goes back to the client', async (_what, parameters, error) => {
    const answer = await signIn({ issuer, parameters });
    expect(answer.href.startsWith(`${CALLBACK}?`)).toBe(true);
    expect(Object.fromEntries(answer.searchParams)).toEqual({
      error,
      error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
      state: 'some-state',
      iss: issuer,
      session_state: expect.any(String),
    });
  });

  test('a sign-in that nobody began, or that belongs to another browser, ends on a page', async () => {
    const missing = await send(`${issuer}/auth/local/login?state=${'x'.repeat(22)}`, {});
    expect([missing.status, missing.type]).toEqual([400, 'text/html; charset=utf-8']);
    const begun = await createUserAgent().get(authorizationUrl({ issuer }));
    const stranger = await send(begun.url.href, {});
    expect(stranger.status).toBe(403);
    expectNoTrace(missing.body + stranger.body);
  });

  test('N95: the approval page of one sign-in takes no value of another', async () => {
    const forged = await send(`${issuer}/approval`, {
      method: 'POST',
      headers: { 'content-type': FORM },
      body: 'req=a&hmac=b&approval=approve',
    });
    expect(forged.status).toBe(400);
  });

  test('an address that does not exist is a plain 404, and spellings of one that does are others', async () => {
    for (const path of ['/nothing', '/token/', '//token', '/%74oken', '/TOKEN', '/keys/../token']) {
      const { status } = await rawGet(issuer, new URL(issuer).pathname + path);
      expect([path, status]).toEqual([path, path === '/keys/../token' ? expect.any(Number) : 404]);
    }
  });
});

/** A GET whose path is sent as it is; `fetch` would tidy it up. */
function rawGet(issuer: string, path: string): Promise<{ status: number }> {
  const { hostname, port } = new URL(issuer);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0 }));
    });
    request.on('error', reject);
    request.end();
  });
}
