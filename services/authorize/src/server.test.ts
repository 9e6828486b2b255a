import { routeTable } from '@tessera/http';
import { afterEach, describe, expect, it } from 'vitest';
import { RIGHT_PASSWORD } from './testing/fake-federation.ts';
import {
  answerOf,
  approve,
  authorizationQuery,
  callbackConnector,
  type Harness,
  type HarnessOptions,
  passwordConnector,
  reject,
  signIn,
  startHarness,
} from './testing/harness.ts';

let harness: Harness;
afterEach(() => harness.close());

async function start(options: HarnessOptions = {}): Promise<Harness> {
  harness = await startHarness(options);
  return harness;
}

it('answers the routes that the table gives it', async () => {
  const { service } = await start();
  const routes = Object.entries(routeTable).filter(([, { service: owner }]) => owner === 'authorize');
  expect(Object.keys(service.handlers).toSorted()).toEqual(routes.map(([name]) => name).toSorted());
  expect(service.bindings).toEqual([]);
  await service.ready();
});

it('N69, N70: every page, whatever it tells, has the same strict headers and nothing of its own inline', async () => {
  const { browser, open, get, url } = await start({
    connectors: [passwordConnector('ldap'), callbackConnector('google')],
  });
  const agent = browser();
  const login = await open(agent, { connector_id: 'ldap' });
  const question = await signIn(agent, login);
  await approve(agent, question);
  const malformed = await fetch(url('/auth?x=%zz'));
  const method = await fetch(url('/auth/ldap'), { method: 'POST' });
  const pages = [
    login,
    question,
    await agent.get(question.url),
    await signIn(agent, login, 'x', 'y'),
    await open(agent),
    await get('/auth'),
    await get('/callback'),
    await get('/approval'),
    await get('/logout'),
    await get('/auth?client_id=%3Cscript%3E'),
    { status: malformed.status, headers: malformed.headers, body: await malformed.text() },
    { status: method.status, headers: method.headers, body: await method.text() },
  ];
  for (const { headers, body, status } of pages) {
    expect(status).toBeLessThan(500);
    expect(body).toMatch(/^<!doctype html>/);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'self'; script-src 'self'; .*frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(body).not.toMatch(/<script(?! src=)|<style| on[a-z]+="/);
  }
});

it('redirects are never cached, and only the pages with a form let it end at the client', async () => {
  const { browser, open, get } = await start();
  const answer = await get(`/auth?${authorizationQuery()}`);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const login = await open(browser());
  expect(login.headers.get('content-security-policy')).toContain("form-action 'self' https:;");
  expect((await get('/logout')).headers.get('content-security-policy')).toContain("form-action 'self';");
});

it('N60: hosts and schemes of a request change nothing in what is answered', async () => {
  const { browser, get } = await start();
  const hostile = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'gopher', 'x-forwarded-for': 'a' };
  const answer = await get(`/auth/ldap?${authorizationQuery()}`, hostile);
  expect(answer.headers.get('location')).toMatch(/^\/dex\/auth\/ldap\/login\?/);
  const denied = await get(`/auth?${authorizationQuery({ prompt: 'none' })}`, hostile);
  expect(denied.location().searchParams.get('iss')).toBe('http://id.example.com/dex');
  const page = await browser(hostile).get(answer.location());
  expect(page.body).not.toContain('evil.example');
});

describe('N96: the log', () => {
  it('tells of sign-ins and failures by client, connector and request, and of nothing secret or personal', async () => {
    const { browser, open, logs, flowOf } = await start();
    const agent = browser();
    const sent = { state: 'canary-state', nonce: 'canary-nonce', login_hint: 'canary-hint' };
    const login = await open(agent, sent);
    const failed = await signIn(agent, login, 'canary-name', 'canary-wrong-password');
    const question = await signIn(agent, failed, 'canary-name');
    const { hmac = '' } = question.form('hmac').fields;
    const { code = '' } = answerOf(await approve(agent, question));
    await approve(agent, question);
    await reject(agent, await signIn(agent, await open(agent, sent), 'canary-name'));
    await harness.browser().get(question.url);
    const text = logs.join('');
    const cookie = agent.jar.all()[0]?.value ?? '';
    for (const secret of [RIGHT_PASSWORD, hmac, code, flowOf(code) ?? '', cookie, 'canary', 'people.example.com']) {
      expect(secret.length).toBeGreaterThan(5);
      expect(text).not.toContain(secret);
    }
    const records = logs.map((line) => JSON.parse(line) as Record<string, unknown>);
    const named = (msg: string) => records.filter((record) => record['msg'] === msg);
    expect(named('signed in')).toHaveLength(2);
    expect(named('authorization answered')).toHaveLength(1);
    expect(named('sign-in failed')).toEqual([
      expect.objectContaining({ client_id: 'app', connector_id: 'ldap', code: 'federation.invalid_credentials' }),
    ]);
    for (const record of [...named('signed in'), ...named('sign-in failed')]) {
      expect(record['request_id']).toMatch(/^[\w-]{16}$/);
    }
  });
});

describe('plain answers', () => {
  it('RFC 9110 §13.1.2: files are kept for ever, and known ones are not sent again', async () => {
    const { get, service } = await start();
    const page = await get('/logout');
    const files = [...page.body.matchAll(/(?:href|src)="\/dex(\/static\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files).toHaveLength(4);
    for (const file of files) {
      const answer = await get(file);
      expect(answer.status).toBe(200);
      const etag = answer.headers.get('etag') ?? '';
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        // N71: a picture that is opened by itself gets no script.
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      });
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await get(file, { 'if-none-match': known });
        expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, '', etag]);
      }
      expect((await get(file, { 'if-none-match': '"other"' })).status).toBe(200);
    }
    for (const wrong of ['/static/none.css', '/static/..%2Fserver.ts', '/static/__proto__']) {
      expect((await get(wrong)).status).toBe(404);
    }
    expect(service.name).toBe('authorize');
  });

  it('RFC 9309 §2.2.2: robots.txt keeps search engines out', async () => {
    const { get } = await start();
    const answer = await get('/robots.txt');
    expect([answer.status, answer.body]).toEqual([200, 'User-agent: *\nDisallow: /\n']);
  });

  it('the issuer itself says what it is', async () => {
    const { get } = await start();
    const answer = await get('');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(answer.body).toContain('http://id.example.com/dex/.well-known/openid-configuration');
  });

  it('signing out forgets the browser, so that what was begun cannot be continued', async () => {
    const { browser, open, url } = await start();
    const agent = browser();
    const login = await open(agent);
    const out = await agent.get(url('/logout'));
    expect(out.status).toBe(200);
    expect(out.headers.getSetCookie()).toEqual(['tessera_browser=; Path=/dex; Max-Age=0; HttpOnly; SameSite=Lax']);
    expect(out.body).toContain('You are signed out');
    expect(agent.jar.all()).toEqual([]);
    const over = await signIn(agent, login);
    expect(over.status).toBe(403);
    expect(over.body).toContain('id="start-again"');
  });
});
