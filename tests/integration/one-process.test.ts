import { createUserAgent, type LdapServer, samplePeople, startLdap, waitFor } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OneProcess, startOneProcess } from '../support/one-process.ts';
import { authorizationUrl, codeOf, post, redeem, refresh, signIn, signInForTokens } from '../support/sign-in.ts';
import { ADMIN, APP, CALLBACK, systemConfig } from '../support/system-config.ts';

let ldap: LdapServer;
let tessera: OneProcess;

beforeAll(async () => {
  ldap = await startLdap();
  const addresses = { issuer: 'http://127.0.0.1/dex', ldapPort: ldap.port, upstreamIssuer: 'http://127.0.0.1:1' };
  tessera = await startOneProcess({ config: systemConfig(addresses) });
});
afterAll(async () => {
  await tessera?.close();
  await ldap?.close();
});

test('Ctrl-C ends the process with code 0, and after a restart refresh tokens and access tokens are still good', async () => {
  const { issuer } = tessera;
  const tokens = await signInForTokens({ issuer });
  expect(await tessera.stop('SIGINT')).toBe(0);
  await tessera.start();
  expect((await post(`${issuer}/token/introspect`, { token: tokens.access_token })).body['active']).toBe(true);
  expect((await refresh(issuer, tokens.refresh_token)).status).toBe(200);
});

test('after a crash nothing that was answered is lost, and a redeemed code stays redeemed', async () => {
  const { issuer } = tessera;
  const code = codeOf(await signIn({ issuer }));
  const tokens = await redeem(issuer, code);
  await tessera.stop('SIGKILL');
  await tessera.start();
  expect((await refresh(issuer, String(tokens.body['refresh_token']))).status).toBe(200);
  expect((await redeem(issuer, code)).body['error']).toBe('invalid_grant');
});

test('a directory that is down is told to the person, who can try again once it is back', async () => {
  const { issuer } = tessera;
  const agent = createUserAgent({ stopAt: CALLBACK });
  const form = await agent.get(authorizationUrl({ issuer, connector: 'ldap' }));
  const fields = { login: samplePeople.jane.mail, password: samplePeople.jane.password };
  await ldap.stop();
  const down = await agent.submit(form.form('login'), { fields });
  expect([down.status, down.body]).toEqual([503, expect.stringContaining('role="alert"')]);
  const isLogged = (): boolean => tessera.output().includes('federation.upstream_unavailable');
  await waitFor(isLogged, { what: 'the line in the log' });
  await ldap.start();
  const approval = await agent.submit(down.form('login'), { fields });
  expect(approval.url.pathname.endsWith('/approval')).toBe(true);
});

test('a refresh that has to ask a directory which is down consumes nothing', async () => {
  const { issuer } = tessera;
  const { mail: login, password } = samplePeople.jane;
  const tokens = await signInForTokens({ issuer, connector: 'ldap', login, password });
  await ldap.stop();
  const down = await refresh(issuer, tokens.refresh_token);
  expect([down.status, down.body['error'], down.headers.get('retry-after')]).toEqual([
    503,
    'temporarily_unavailable',
    '1',
  ]);
  await ldap.start();
  expect((await refresh(issuer, tokens.refresh_token)).status).toBe(200);
});

test('N96: neither passwords nor secrets, codes or tokens stand in the log', async () => {
  const { issuer } = tessera;
  const code = codeOf(await signIn({ issuer }));
  const tokens = await redeem(issuer, code);
  await redeem(issuer, code);
  await refresh(issuer, String(tokens.body['refresh_token']));
  await post(`${issuer}/token`, { grant_type: 'password' }, { id: APP.id, secret: 'canary-wrong-secret' });
  const canaries = [
    APP.secret,
    'canary-wrong-secret',
    code,
    samplePeople.jane.password,
    ...['access_token', 'refresh_token', 'id_token'].map((name) => String(tokens.body[name])),
  ];
  await waitFor(() => tessera.output().includes('"route":"token","status":401'), { what: 'the last line in the log' });
  const log = tessera.output();
  expect(log).toContain(`"client_id":"${APP.id}"`);
  for (const canary of canaries) expect(log.includes(canary)).toBe(false);
  expect(log).not.toMatch(new RegExp(`"${ADMIN.password}"`));
});
