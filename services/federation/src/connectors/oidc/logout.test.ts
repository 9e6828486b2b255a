import { expect, test } from 'vitest';
import { createFakeUpstream, offline } from './testing/fake-upstream.ts';
import { UPSTREAM_ISSUER } from './testing/sample-upstream.ts';

test('OIDC RP-Initiated Logout §2: the ID token is kept for the sign-out where the upstream has one, and renewed with it', async () => {
  const upstream = await createFakeUpstream({}, { end_session_endpoint: `${UPSTREAM_ISSUER}/bye?tenant=1` });
  const { identity, data } = await upstream.visit({ refresh_token: undefined });
  const kept = JSON.parse(data) as { idToken: string };
  expect(kept).toEqual({ subject: 'j1', idToken: expect.stringMatching(/^eyJ/) });
  const request = { returnUrl: 'https://id.example.com/back?a=b', state: 's&t' };
  const url = new URL((await upstream.logout.beginLogout({ ...request, data })) ?? '');
  expect(`${url.origin}${url.pathname}`).toBe(`${UPSTREAM_ISSUER}/bye`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    tenant: '1',
    id_token_hint: kept.idToken,
    client_id: 'tess:era',
    post_logout_redirect_uri: 'https://id.example.com/back?a=b',
    state: 's&t',
  });
  // Without a refresh token of the upstream the person and what was kept stay.
  expect(await upstream.refresher.refresh({ identity, data, scopes: offline })).toEqual({ identity, data });
  const renewing = await upstream.visit();
  const newer = await upstream.idToken({ iat: 1 });
  upstream.answers.set('/token', { access_token: 'at', id_token: newer });
  const refreshed = await upstream.refresher.refresh({ ...renewing, scopes: offline });
  expect(JSON.parse(refreshed.data)).toEqual({ refreshToken: 'rt-1', subject: 'j1', idToken: newer });
});

test('OIDC RP-Initiated Logout §2.1: the configuration replaces the place, and where there is none nobody is sent', async () => {
  const request = { data: '', returnUrl: 'https://id.example.com/back', state: 's' };
  const endSessionURL = 'https://override.example/bye';
  const overridden = await createFakeUpstream(
    { providerDiscoveryOverrides: { endSessionURL } },
    { end_session_endpoint: UPSTREAM_ISSUER },
  );
  expect(await overridden.logout.beginLogout(request)).toMatch(/^https:\/\/override\.example\/bye\?client_id=/);
  const none = await createFakeUpstream();
  expect(await none.logout.beginLogout(request)).toBeUndefined();
  expect((await none.visit({ refresh_token: undefined })).data).toBe('');
  const down = await createFakeUpstream();
  down.answers.set('/.well-known/openid-configuration', 'down');
  await expect(down.logout.beginLogout(request)).rejects.toMatchObject({ code: 'federation.upstream_unavailable' });
});
