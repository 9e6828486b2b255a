import { systemClock } from '@tessera/clock';
import { createUserAgent, startUpstreamProvider, type UpstreamAccount, type UpstreamProvider } from '@tessera/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connector } from '../connector.ts';
import { createOidcConnector } from './connector.ts';
import { sampleConfig } from './testing/sample-upstream.ts';

const redirectURI = 'http://127.0.0.1:9/callback';
const jane: UpstreamAccount = {
  login: 'jane',
  subject: 'jane-subject',
  email: 'janedoe@example.com',
  emailVerified: true,
  name: 'Jane Doe',
  preferredUsername: 'jane',
  groups: ['admins'],
};
const scopes = ['openid', 'offline_access'];

let provider: UpstreamProvider;
let connector: Connector;

beforeAll(async () => {
  const client = { id: 'tessera', secret: 'a-secret-of-the-upstream-client-12', redirectUris: [redirectURI] };
  provider = await startUpstreamProvider({ clients: [client], accounts: [jane] });
  const config = {
    ...sampleConfig,
    issuer: provider.issuer,
    clientID: client.id,
    clientSecret: client.secret,
    redirectURI,
    scopes: ['profile', 'email', 'groups', 'offline_access'],
    getUserInfo: true,
  };
  connector = await createOidcConnector(config, systemClock);
});

afterAll(async () => {
  await connector.close();
  await provider.close();
});

function signIn() {
  if (connector.signIn.kind !== 'callback') throw new Error('oidc signs in by callback');
  return connector.signIn;
}

/** Where the upstream sends the browser back to. */
async function visitUpstream(): Promise<{ parameters: string; data: string }> {
  const { redirectUrl, data } = await signIn().begin({ state: 'the-state', scopes, loginHint: 'jane' });
  const page = await createUserAgent({ stopAt: redirectURI }).get(redirectUrl);
  return { parameters: page.url.search.slice(1), data };
}

test('A person signs in at a real provider, with PKCE, nonce, issuer parameter and userinfo', async () => {
  const { parameters, data } = await visitUpstream();
  expect(new URLSearchParams(parameters).get('iss')).toBe(provider.issuer);
  const { identity } = await signIn().complete({ state: 'the-state', parameters, data, scopes });
  expect(identity).toEqual({
    userId: 'jane-subject',
    username: 'Jane Doe',
    preferredUsername: 'jane',
    email: 'janedoe@example.com',
    emailVerified: true,
    groups: ['admins'],
    claims: {},
  });
  const again = signIn().complete({ state: 'the-state', parameters, data, scopes });
  await expect(again).rejects.toMatchObject({ code: 'federation.invalid_callback' });
});

test('Refreshes follow the provider’s rotation, see changes, and end with the account', async () => {
  const { parameters, data } = await visitUpstream();
  const first = await signIn().complete({ state: 'the-state', parameters, data, scopes });
  const refresh = (answer: typeof first) => connector.refresher?.refresh({ ...answer, scopes });
  const before = provider.requests().token;
  provider.setAccount({ ...jane, groups: ['developers'] });
  const [second, same] = await Promise.all([refresh(first), refresh(first)]);
  expect(provider.requests().token).toBe(before + 1);
  expect(second?.identity.groups).toEqual(['developers']);
  expect(same?.data).toBe(second?.data);
  const third = second && (await refresh(second));
  await provider.stop();
  await expect(third && refresh(third)).rejects.toMatchObject({ code: 'federation.upstream_unavailable' });
  await provider.start();
  provider.removeAccount('jane');
  await expect(third && refresh(third)).rejects.toMatchObject({ code: 'federation.user_gone' });
});
