import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  approve,
  authorizationQuery,
  CALLBACK,
  CHALLENGE,
  callbackConnector,
  createClient,
  type Harness,
  type HarnessOptions,
  ISSUER,
  passwordConnector,
  signIn,
  startHarness,
} from '../testing/harness.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(options: HarnessOptions = {}): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

const several = [passwordConnector('ldap', { name: 'zebra' }), callbackConnector('google', { name: 'Apple & Co' })];

describe('choosing how to sign in', () => {
  it('Dex: the only connector is taken without a question, and nothing is stored yet', async () => {
    const { get, storage } = await start();
    const answer = await get(`/auth?${authorizationQuery()}`);
    expect([answer.status, answer.location().pathname]).toEqual([303, '/dex/auth/ldap']);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(storage.calls).toEqual([]);
  });

  it('Dex: several are offered by name, in any case, and the request travels on unchanged', async () => {
    const { open, browser, storage } = await start({ connectors: several });
    const page = await open(browser(), { state: 'a b&c', nonce: 'n' });
    expect(page.status).toBe(200);
    const links = [...page.body.matchAll(/id="connector-(\w+)" href="([^"]+)"/g)];
    expect(links.map(([, id]) => id)).toEqual(['google', 'ldap']);
    expect(links[1]?.[2]?.replaceAll('&#38;', '&')).toBe(
      `/dex/auth/ldap?${authorizationQuery({ state: 'a b&c', nonce: 'n' })}`,
    );
    expect(storage.calls).toEqual([]);
  });

  it.each<[string, HarnessOptions]>([
    ['alwaysShowLoginScreen', { oauth2: { alwaysShowLoginScreen: true } }],
    ['prompt=select_account', {}],
  ])('OIDC Core §3.1.2.1: with %s even the only one is a choice', async (name, options) => {
    const { get } = await start(options);
    const prompt = name.startsWith('prompt') ? 'select_account' : undefined;
    const answer = await get(`/auth?${authorizationQuery({ prompt })}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('id="connector-ldap"');
  });

  it('Dex: connector_id takes its connector, and an unavailable one is a page', async () => {
    const { get } = await start({ connectors: several });
    const answer = await get(`/auth?${authorizationQuery({ connector_id: 'google' })}`);
    expect(answer.location().pathname).toBe('/dex/auth/google');
    expect(answer.location().searchParams.has('connector_id')).toBe(false);
    const unavailable = await get(`/auth?${authorizationQuery({ connector_id: 'saml' })}`);
    expect([unavailable.status, unavailable.headers.get('location')]).toEqual([400, null]);
    expect(unavailable.body).toContain('Application app');
  });

  it('Dex: allowedConnectors of the client and grantTypes of the connector decide what is offered', async () => {
    const { get } = await start({
      connectors: [...several, passwordConnector('api', { grantTypes: ['password'] })],
      clients: [
        createClient('app', { allowedConnectors: ['ldap', 'api'] }),
        createClient('none', { allowedConnectors: ['api', 'gone'] }),
      ],
    });
    expect((await get(`/auth?${authorizationQuery()}`)).location().pathname).toBe('/dex/auth/ldap');
    expect((await get(`/auth?${authorizationQuery({ connector_id: 'google' })}`)).status).toBe(400);
    const none = await get(`/auth?${authorizationQuery({ client_id: 'none' })}`);
    expect(none.status).toBe(400);
    expect(none.body).toContain('id="no-connectors"');
    for (const forbidden of ['google', 'api', 'unknown']) {
      const answer = await get(`/auth/${forbidden}?${authorizationQuery()}`);
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
      expect(answer.body).toContain('id="start-again" href="/dex/auth?');
    }
    expect(harness.storage.calls).toEqual([]);
  });
});

describe('POST', () => {
  it('OIDC Core §3.1.2.1: works without any cookie, and sets none', async () => {
    const { post, browser } = await start();
    const answer = await post('/auth', Object.fromEntries(new URLSearchParams(authorizationQuery())), {
      'sec-fetch-site': 'cross-site',
      origin: 'https://app.example.com',
    });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([303, []]);
    expect(answer.location().search).toBe(`?${authorizationQuery()}`);
    const agent = browser();
    const page = await signIn(agent, await agent.get(answer.location()));
    const done = await approve(agent, page);
    expect(done.url.href.startsWith(`${CALLBACK}&code=`)).toBe(true);
  });

  it('offers languages by the address that a GET would have', async () => {
    const { post } = await start({ connectors: several });
    const answer = await post('/auth', Object.fromEntries(new URLSearchParams(authorizationQuery())));
    expect(answer.body).toContain(`id="language-zh-CN" href="/dex/auth?client_id=app&#38;`);
  });

  it('takes forms only', async () => {
    await start();
    const answer = await fetch(harness.url('/auth'), { method: 'POST', body: '{}' });
    expect(answer.status).toBe(415);
    expect(await answer.text()).toContain('id="error-title"');
  });

  it('answers a request that no address holds at the client, and any length with a page', async () => {
    const { post } = await start({ connectors: several });
    const fields = Object.fromEntries(new URLSearchParams(authorizationQuery({ nonce: 'n'.repeat(16_000) })));
    const answer = await post('/auth', fields);
    expect(answer.location().searchParams.get('error')).toBe('invalid_request');
    const longest = await post('/auth', { ...fields, nonce: `${'n'.repeat(6_700)}` });
    expect(longest.status).toBe(200);
  });
});

describe('refusals', () => {
  it('RFC 6749 §4.1.2.1, RFC 9207 §2: go to the client with state and iss, in the query it registered', async () => {
    const { get, logs } = await start();
    const state = `${'s'.repeat(128)} "ü&=`;
    const answer = await get(`/auth?${authorizationQuery({ prompt: 'none', state })}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch(/^https:\/\/app\.example\.com\/cb\?tenant=7&error=login_required&/);
    const parameters = answer.location().searchParams;
    expect([...parameters.keys()]).toEqual(['tenant', 'error', 'error_description', 'state', 'iss']);
    expect([parameters.get('state'), parameters.get('iss')]).toEqual([state, ISSUER]);
    expect(logs.join('')).toContain('"client_id":"app","error":"login_required"');
  });

  it('RFC 6749 §4.1.2.1: without a state in the request there is none in the answer', async () => {
    const { get } = await start();
    const answer = await get(`/auth?${authorizationQuery({ prompt: 'none', state: undefined })}`);
    expect([...answer.location().searchParams.keys()]).toEqual(['tenant', 'error', 'error_description', 'iss']);
  });

  it('N14: an unknown client and an unregistered redirect URI are pages with a reference that is in the log', async () => {
    const { get, logs } = await start();
    for (const changes of [{ client_id: 'nobody' }, { redirect_uri: 'https://evil.example/cb' }]) {
      for (const path of ['/auth', '/auth/ldap']) {
        const answer = await get(`${path}?${authorizationQuery(changes)}`);
        expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
        const reference = /id="error-reference">([^<]+)/.exec(answer.body)?.[1] ?? 'none';
        expect(logs.some((line) => line.includes(`"request_id":"${reference}"`))).toBe(true);
        expect(answer.body).not.toMatch(/(?:href|action)="(?:https?:)?\/\/evil/);
      }
    }
  });

  it('the same checks stand before the flow that begins at /auth/{connector}', async () => {
    const { get, storage } = await start({ clients: [createClient('spa', { isPublic: true })] });
    const without = await get(`/auth/ldap?${authorizationQuery({ client_id: 'spa' })}`);
    expect(without.location().searchParams.get('error')).toBe('invalid_request');
    expect(storage.calls).toEqual([]);
    const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
    const answer = await get(`/auth/ldap?${authorizationQuery({ client_id: 'spa', ...pkce })}`);
    expect(answer.location().pathname).toBe('/dex/auth/ldap/login');
    expect(storage.calls).toEqual(['put']);
  });

  it('RFC 9110 §9.3.2: HEAD answers as GET without a body', async () => {
    await start({ connectors: several });
    const answer = await fetch(harness.url(`/auth?${authorizationQuery()}`), { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(1_000);
  });
});

describe('any query', () => {
  const names = [
    ...['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce', 'prompt', 'max_age', 'connector_id'],
    ...['code_challenge', 'code_challenge_method', 'ui_locales', 'request', 'login_hint', 'x'],
  ];
  const values = fc.oneof(
    fc.constantFrom(
      'app',
      CALLBACK,
      'code',
      'openid',
      'none',
      'ldap',
      'S256',
      CHALLENGE,
      'zh',
      'https://evil.example/',
    ),
    fc.string({ unit: 'binary' }),
    fc.nat(9_000).map((length) => "'".repeat(length)),
  );
  const pairs = fc.array(fc.tuple(fc.constantFrom(...names), values, fc.boolean()), { maxLength: 8 });
  const encode = (text: string, isRaw: boolean): string =>
    // Only what a client library would put on the wire: visible ASCII.
    isRaw ? text.replace(/[^\x21-\x7e]/g, '') : encodeURIComponent(text.toWellFormed());

  it('N14: is never an error of ours, and never a redirect to an address that is not registered', async () => {
    const { url } = await start({ connectors: several });
    await fc.assert(
      fc.asyncProperty(
        pairs,
        fc.boolean(),
        fc.constantFrom('/auth', '/auth/ldap', '/auth/google'),
        async (extra, isComplete, path) => {
          const query = extra.map(([name, value, isRaw]) => `${name}=${encode(value, isRaw)}`);
          const all = [...(isComplete ? [authorizationQuery()] : []), ...query].join('&');
          const answer = await fetch(`${url(path)}?${all}`, { redirect: 'manual' });
          await answer.arrayBuffer();
          expect(answer.status).toBeLessThan(500);
          const location = answer.headers.get('location');
          if (location !== null) {
            expect(location).toMatch(
              /^(?:https:\/\/app\.example\.com\/cb\?tenant=7&|https:\/\/upstream\.example\.com\/authorize\?|\/dex\/auth\/)/,
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
