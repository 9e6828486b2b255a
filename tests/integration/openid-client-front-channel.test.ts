import { createUserAgent, type Page } from '@tessera/testkit';
import * as client from 'openid-client';
import { describe, expect, test } from 'vitest';
import { type Attempt, beginAttempt, configure } from '../support/openid-client.ts';
import { shapes } from '../support/shapes.ts';
import { walkPages } from '../support/sign-in.ts';
import { APP, CALLBACK } from '../support/system-config.ts';

/** How the answer comes back: the parameter `response_mode`, or the mode that the response type has by itself. */
const MODES = [{ mode: 'fragment' }, { mode: 'form_post' }] as const;

/** What reaches the application: an address with a fragment, or the request that the page in the browser posts. */
function received(page: Page): URL | Request {
  if (page.isStopped) return page.url;
  const form = page.form('state');
  expect(form.action.href).toBe(CALLBACK);
  return new Request(form.action, { method: form.method, body: new URLSearchParams(form.fields) });
}

async function answerTo(config: client.Configuration, { parameters }: Attempt): Promise<URL | Request> {
  const url = client.buildAuthorizationUrl(config, parameters);
  return received(await walkPages(createUserAgent({ stopAt: CALLBACK }), url));
}

describe.each(shapes)('$name', ({ issuer }) => {
  test.each(MODES)('OIDC Core §3.2: openid-client signs a person in by an ID token alone ($mode)', async ({ mode }) => {
    const config = await configure(issuer, APP.id, client.ClientSecretBasic(APP.secret));
    client.useIdTokenResponseType(config);
    const attempt = await beginAttempt('openid email', { response_mode: mode });
    const { expectedNonce, expectedState } = attempt.checks;
    const answer = await answerTo(config, attempt);
    expect(answer instanceof Request).toBe(mode === 'form_post');
    const claims = await client.implicitAuthentication(config, answer, expectedNonce, { expectedState });
    expect(claims['email']).toBe('admin@example.com');
  });

  test.each(MODES)(
    'OIDC Core §3.3: openid-client takes an ID token in front and a code, as a detached signature ($mode)',
    async ({ mode }) => {
      const config = await configure(issuer, APP.id, client.ClientSecretBasic(APP.secret));
      client.useCodeIdTokenResponseType(config);
      client.enableDetachedSignatureResponseChecks(config);
      const attempt = await beginAttempt('openid email', { response_mode: mode });
      const tokens = await client.authorizationCodeGrant(config, await answerTo(config, attempt), attempt.checks);
      expect(tokens.claims()?.['email']).toBe('admin@example.com');
    },
  );
});
