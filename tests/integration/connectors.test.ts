import { createUserAgent, samplePeople } from '@tessera/testkit';
import { decodeJwt } from 'jose';
import { describe, expect, inject, test } from 'vitest';
import { shapes } from '../support/shapes.ts';
import { authorizationUrl, codeOf, redeem, refresh, signIn, signInForTokens } from '../support/sign-in.ts';
import { CALLBACK, UPSTREAM_PERSON } from '../support/system-config.ts';

const jane = { connector: 'ldap', login: samplePeople.jane.mail, password: samplePeople.jane.password };

async function claimsOf(url: URL, issuer: string): Promise<Record<string, unknown>> {
  const answer = await redeem(issuer, codeOf(url));
  return decodeJwt(String(answer.body['id_token']));
}

describe.each(shapes)('$name', ({ issuer }) => {
  test('a person of the directory signs in with email, name and groups', async () => {
    const claims = await claimsOf(await signIn({ issuer, ...jane }), issuer);
    expect(claims).toMatchObject({ email: samplePeople.jane.mail, email_verified: true, name: samplePeople.jane.cn });
    expect(claims['groups']).toEqual(expect.arrayContaining(['admins', 'developers']));
  });

  test('N62: a wrong password and an unknown name get the same page, and the person can try again', async () => {
    const agent = createUserAgent({ stopAt: CALLBACK });
    const form = await agent.get(authorizationUrl({ issuer, connector: 'ldap' }));
    const wrong = await agent.submit(form.form('login'), { fields: { login: jane.login, password: 'wrong' } });
    const unknown = await agent.submit(wrong.form('login'), {
      fields: { login: 'nobody@example.com', password: 'wrong' },
    });
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(unknown.body.replaceAll('nobody@example.com', jane.login)).toBe(wrong.body);
    expect(wrong.body).toContain('role="alert"');
    const approval = await agent.submit(unknown.form('login'), {
      fields: { login: jane.login, password: jane.password },
    });
    expect(approval.url.pathname.endsWith('/approval')).toBe(true);
  });

  test('a name that the directory knows twice is refused with a page of its own, and another name works', async () => {
    const agent = createUserAgent({ stopAt: CALLBACK });
    const form = await agent.get(authorizationUrl({ issuer, connector: 'ldap' }));
    const twin = { login: samplePeople.firstTwin.mail, password: samplePeople.firstTwin.password };
    const page = await agent.submit(form.form('login'), { fields: twin });
    expect([page.status, page.body]).toEqual([403, expect.stringContaining('role="alert"')]);
    const approval = await agent.submit(page.form('login'), { fields: { login: jane.login, password: jane.password } });
    expect(approval.url.pathname.endsWith('/approval')).toBe(true);
  });

  test('N87: a name with filter characters is looked up as it is', async () => {
    const agent = createUserAgent({ stopAt: CALLBACK });
    const form = await agent.get(authorizationUrl({ issuer, connector: 'ldap' }));
    for (const login of ['*', 'jane*', '*)(objectClass=*', '\\2a']) {
      const page = await agent.submit(form.form('login'), { fields: { login, password: jane.password } });
      expect([login, page.status]).toEqual([login, 401]);
    }
  });

  test('a refresh asks the directory again', async () => {
    const tokens = await signInForTokens({ issuer, ...jane });
    const refreshed = await refresh(issuer, tokens.refresh_token);
    expect(decodeJwt(String(refreshed.body['id_token']))).toMatchObject({ email: samplePeople.jane.mail });
  });

  test('a person signs in with another OpenID provider, and a refresh asks it again', async () => {
    const agent = createUserAgent({ stopAt: CALLBACK });
    const form = await agent.get(authorizationUrl({ issuer, connector: 'upstream' }));
    expect(form.url.origin).toBe(inject('system').upstreamIssuer);
    const approval = await agent.submit(form.form('login'), {
      fields: { login: UPSTREAM_PERSON.login, password: UPSTREAM_PERSON.password },
    });
    const answer = await agent.submit(approval.form('req', 'hmac'), { button: 'approval' });
    const tokens = await redeem(issuer, codeOf(answer.url));
    const claims = decodeJwt(String(tokens.body['id_token']));
    expect(claims).toMatchObject({
      email: UPSTREAM_PERSON.email,
      email_verified: true,
      groups: UPSTREAM_PERSON.groups,
    });
    const refreshed = await refresh(issuer, String(tokens.body['refresh_token']));
    expect(decodeJwt(String(refreshed.body['id_token']))['sub']).toBe(claims['sub']);
  });

  test('N26: what came back from the upstream works once, and only in the browser that was sent there', async () => {
    const agent = createUserAgent({ stopAt: `${issuer}/callback` });
    const form = await agent.get(authorizationUrl({ issuer, connector: 'upstream' }));
    const back = await agent.submit(form.form('login'), {
      fields: { login: UPSTREAM_PERSON.login, password: UPSTREAM_PERSON.password },
    });
    expect(back.isStopped).toBe(true);
    const stranger = await createUserAgent().get(back.url);
    expect(stranger.status).toBe(403);
    const first = await agent.get(back.url, { stopAt: CALLBACK });
    expect(first.url.pathname.endsWith('/approval')).toBe(true);
    const second = await agent.get(back.url, { stopAt: CALLBACK });
    expect([second.status, second.body]).toEqual([400, expect.stringContaining('id="expired-title"')]);
  });

  test('a person who declines at the upstream is access_denied at the client', async () => {
    const agent = createUserAgent({ stopAt: CALLBACK });
    const form = await agent.get(authorizationUrl({ issuer, connector: 'upstream' }));
    const declined = await agent.submit(form.form('login'), { button: 'Cancel' });
    expect(declined.url.searchParams.get('error')).toBe('access_denied');
  });

  test('the mock connector signs in Kilgore Trout', async () => {
    const claims = await claimsOf(await signIn({ issuer, connector: 'mock' }), issuer);
    expect(claims).toMatchObject({
      sub: 'Cg0wLTM4NS0yODA4OS0wEgRtb2Nr',
      email: 'kilgore@kilgore.trout',
      groups: ['authors'],
    });
  });

  test('without connector_id the person chooses, and every way is there', async () => {
    const page = await createUserAgent().get(authorizationUrl({ issuer, parameters: { connector_id: undefined } }));
    for (const id of ['local', 'ldap', 'upstream', 'mock']) expect(page.body).toContain(`id="connector-${id}"`);
  });
});
