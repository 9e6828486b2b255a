import { createUserAgent, freePort } from '@tessera/testkit';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OneProcess, startOneProcess } from '../support/one-process.ts';
import { authorizationUrl, codeOf, post, redeem, refresh } from '../support/sign-in.ts';
import { ADMIN, CALLBACK, systemConfig, UPSTREAM_CLIENT } from '../support/system-config.ts';

let upper: OneProcess;
let lower: OneProcess;

beforeAll(async () => {
  const port = await freePort();
  const base = systemConfig({ issuer: 'http://127.0.0.1/dex', ldapPort: 1, upstreamIssuer: 'http://127.0.0.1:1' });
  const client = {
    id: UPSTREAM_CLIENT.id,
    secret: UPSTREAM_CLIENT.secret,
    name: 'The other Tessera',
    redirectURIs: [`http://127.0.0.1:${port}/dex/callback`],
  };
  upper = await startOneProcess({
    config: { ...base, staticClients: [client], connectors: [], oauth2: { skipApprovalScreen: true } },
  });
  const connector = {
    type: 'oidc',
    id: 'upper',
    name: 'Upper',
    config: {
      issuer: upper.issuer,
      clientID: UPSTREAM_CLIENT.id,
      clientSecret: UPSTREAM_CLIENT.secret,
      insecureEnableGroups: true,
      scopes: ['profile', 'email', 'groups', 'offline_access'],
    },
  };
  lower = await startOneProcess({ config: { ...base, connectors: [connector] }, port });
});
afterAll(async () => {
  await lower?.close();
  await upper?.close();
});

test('a person of one Tessera signs in at an application of another, and refreshes for as long as the first agrees', async () => {
  const { issuer } = lower;
  const agent = createUserAgent({ stopAt: CALLBACK });
  const form = await agent.get(authorizationUrl({ issuer, connector: 'upper' }));
  expect(form.url.origin).toBe(new URL(upper.issuer).origin);
  const agreed = await agent.submit(form.form('login'), { fields: { login: ADMIN.login, password: ADMIN.password } });
  // Offline access is asked for with prompt=consent, so the first Tessera asks too.
  const approval = await agent.submit(agreed.form('req', 'hmac'), { button: 'approval' });
  expect(approval.url.href.startsWith(`${issuer}/approval`)).toBe(true);
  const answer = await agent.submit(approval.form('req', 'hmac'), { button: 'approval' });
  const tokens = await redeem(issuer, codeOf(answer.url));
  const claims = decodeJwt(String(tokens.body['id_token']));
  expect(claims).toMatchObject({
    iss: issuer,
    email: ADMIN.login,
    groups: ['admins', 'developers'],
    name: 'Ada Admin',
  });
  const refreshed = await refresh(issuer, String(tokens.body['refresh_token']));
  expect(decodeJwt(String(refreshed.body['id_token']))['sub']).toBe(claims.sub);
  await upper.stop();
  const down = await refresh(issuer, String(refreshed.body['refresh_token']));
  expect([down.status, down.body['error']]).toEqual([503, 'temporarily_unavailable']);
  await upper.start();
  const again = await refresh(issuer, String(refreshed.body['refresh_token']));
  expect(again.status).toBe(200);
  const introspected = await post(`${issuer}/token/introspect`, { token: String(again.body['access_token']) });
  expect(introspected.body['active']).toBe(true);
});
