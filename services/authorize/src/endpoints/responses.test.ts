import { afterEach, describe, expect, it } from 'vitest';
import { RESPONSE_TYPES } from '../testing/check-context.ts';
import {
  type AuthorizationParameters,
  approve,
  CALLBACK,
  createClient,
  type Harness,
  passwordConnector,
  reject,
  signIn,
  startHarness,
} from '../testing/harness.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(): Promise<Harness> {
  const clients = [createClient('app', { settings: { requestUris: ['https://app.example.com/r'] } })];
  harness = await startHarness({ clients, oauth2: { responseTypes: RESPONSE_TYPES } });
  return harness;
}

/** What of an answer stands in the query and what in the fragment, by name. */
function parts(url: URL): { readonly query: readonly string[]; readonly fragment: readonly string[] } {
  const names = (text: string) =>
    [...new URLSearchParams(text).keys()].filter((name) => name !== 'tenant').toSorted(byText);
  return { query: names(url.search), fragment: names(url.hash.slice(1)) };
}

const TOKEN_REQUEST = { client_id: 'app', redirect_uri: CALLBACK, response_type: 'id_token token', scope: 'openid' };

const byText = (a: string, b: string): number => a.localeCompare(b);

describe('an answer through the browser', () => {
  it.each([
    ['code', { query: ['code', 'iss', 'state'], fragment: [] }],
    ['token', { query: [], fragment: ['access_token', 'expires_in', 'iss', 'scope', 'state', 'token_type'] }],
    ['id_token', { query: [], fragment: ['id_token', 'iss', 'state'] }],
    ['code id_token', { query: [], fragment: ['code', 'id_token', 'iss', 'state'] }],
    [
      'code token',
      { query: [], fragment: ['access_token', 'code', 'expires_in', 'iss', 'scope', 'state', 'token_type'] },
    ],
  ])('OAuth 2.0 Multiple Response Types §5: %s', async (response_type, expected) => {
    const { open, browser } = await start();
    const visitor = browser();
    const asked = await signIn(visitor, await open(visitor, { response_type, nonce: 'n' }));
    const { url } = await approve(visitor, asked);
    expect(`${url.origin}${url.pathname}`).toBe('https://app.example.com/cb');
    expect(parts(url)).toEqual(expected);
  });

  it('RFC 6749 §4.2.2.1: a person’s no is told in the fragment too', async () => {
    const { open, browser } = await start();
    const visitor = browser();
    const asked = await signIn(visitor, await open(visitor, { response_type: 'id_token', nonce: 'n' }));
    const { url } = await reject(visitor, asked);
    expect(parts(url)).toEqual({ query: [], fragment: ['error', 'error_description', 'iss', 'state'] });
    expect(harness.issued).toEqual([]);
  });

  it.each<[string, AuthorizationParameters]>([
    ['a mistake in the request', { scope: 'openid nothing' }],
    ['prompt none without a session', { prompt: 'none' }],
    ['no response type', { response_type: undefined }],
  ])('OAuth 2.0 Form Post Response Mode §2: %s is posted, and stands in no address', async (_, changes) => {
    const { open, browser } = await start();
    const page = await open(browser(), { ...changes, response_mode: 'form_post' });
    expect(page.body).toContain(`<form id="form-post" class="choices" method="post" action="${CALLBACK}">`);
    expect(page.body).toContain('<input type="hidden" name="error" value="');
    expect(page.body).toContain('<input type="hidden" name="state" value="st-1">');
    expect(page.url.search).not.toContain('error');
  });

  it('OAuth 2.0 Form Post Response Mode §2: a code is posted after the sign-in', async () => {
    const { open, browser } = await start();
    const visitor = browser();
    const asked = await signIn(visitor, await open(visitor, { response_mode: 'form_post' }));
    const page = await approve(visitor, asked);
    const [, code = ''] = /<input type="hidden" name="code" value="([^"]+)">/.exec(page.body) ?? [];
    expect(harness.flowOf(code)).toBeDefined();
    expect(page.url.href).not.toContain(code);
  });

  it('RFC 6749 §4.1.2.1: what is off is told as such, without a request to anywhere', async () => {
    const { get } = await start();
    for (const [name, value] of [
      ['request', 'e30.e30.'],
      ['request_uri', 'https://app.example.com/r'],
    ] as const) {
      const answer = await get(`/auth?${new URLSearchParams({ ...TOKEN_REQUEST, [name]: value }).toString()}`);
      const told = new URLSearchParams(answer.location().hash.slice(1));
      expect(told.get('error')).toBe(`${name}_not_supported`);
    }
  });

  it('Dex: a connector that is limited to codes is not offered to whoever wants tokens', async () => {
    const connectors = [passwordConnector('ldap', { grantTypes: ['authorization_code'] })];
    harness = await startHarness({ connectors, oauth2: { responseTypes: RESPONSE_TYPES } });
    const { open, browser, get } = harness;
    expect((await open(browser(), { response_type: 'token' })).status).toBe(400);
    expect((await open(browser())).status).toBe(200);
    const direct = await get(`/auth/ldap?${new URLSearchParams({ ...TOKEN_REQUEST, nonce: 'n' }).toString()}`);
    expect(direct.status).toBe(403);
  });
});
