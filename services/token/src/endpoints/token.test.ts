import { describe, expect, it } from 'vitest';
import { codeForm, createClient, createHarness, createHarnessWith, refreshForm, SECRET } from '../testing/harness.ts';
import { basicHeader } from '../testing/request.ts';

describe('the token endpoint', () => {
  it('RFC 6749 §5.1: success is JSON that no cache keeps', async () => {
    const harness = await createHarness();
    const answer = await harness.signIn();
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      pragma: 'no-cache',
    });
  });

  it('RFC 6749 §5.2: a missing or empty grant_type is invalid_request, an unknown one unsupported_grant_type', async () => {
    const harness = await createHarness();
    for (const form of [{}, { grant_type: '' }]) {
      expect((await harness.post('token', form)).body).toEqual({
        error: 'invalid_request',
        error_description: 'The parameter grant_type is missing.',
      });
    }
    for (const grant_type of ['implicit', 'AUTHORIZATION_CODE', 'constructor', 'urn:example:grant', '<script>']) {
      const answer = await harness.post('token', { grant_type });
      expect([answer.status, answer.body]).toEqual([
        400,
        { error: 'unsupported_grant_type', error_description: 'The grant type is not supported.' },
      ]);
    }
  });

  it('N36: a grant that the configuration switches off is not there', async () => {
    const harness = await createHarnessWith({ grantTypes: ['authorization_code'] });
    const first = await harness.signIn();
    expect(first.status).toBe(200);
    expect((await harness.post('token', refreshForm(first))).body).toMatchObject({ error: 'unsupported_grant_type' });
  });

  it('RFC 6749 §5.2: a grant that is not among the client’s own is unauthorized_client, before anything is consumed', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { settings: { grantTypes: ['client_credentials'] } }));
    const answer = await harness.signIn();
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'unauthorized_client', error_description: 'The client may not use this grant type.' },
    ]);
    expect(harness.storage.calls).toEqual([]);
    expect((await harness.post('token', { grant_type: 'client_credentials' })).status).toBe(200);
  });

  it('RFC 6749 §4.4: client_credentials is not for public clients, with a secret or without', async () => {
    const harness = await createHarness();
    harness.clients.set('public', createClient('public', { isPublic: true, secrets: [] }));
    harness.clients.set('app', createClient('app', { isPublic: true }));
    const grant_type = 'client_credentials';
    const answers = [
      await harness.post('token', { grant_type, client_id: 'public' }, {}),
      await harness.post('token', { grant_type }),
    ];
    expect(answers.map(({ body }) => body['error'])).toEqual(['unauthorized_client', 'unauthorized_client']);
  });

  it('RFC 8707 §2, RFC 8693 §2.1: resource may come twice, audience in an exchange alone', async () => {
    const harness = await createHarness();
    const repeated = async (form: string): Promise<unknown> =>
      (await harness.post('token', form)).body['error_description'];
    const twice = 'A parameter was sent more than once.';
    const exchange = encodeURIComponent('urn:ietf:params:oauth:grant-type:token-exchange');
    expect(await repeated('grant_type=client_credentials&resource=urn:a&resource=urn:b')).toBe(
      'The resource is unknown.',
    );
    expect(await repeated('grant_type=client_credentials&audience=a&audience=b')).toBe(twice);
    expect(await repeated(`grant_type=${exchange}&audience=a&audience=b`)).toBe(
      'The parameter subject_token is missing.',
    );
    expect(await repeated(`grant_type=${exchange}&audience=a&audience=b&scope=x&scope=y`)).toBe(twice);
  });

  it('N44: nothing may stand in the address, neither credentials nor anything else', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    for (const query of ['client_secret=x', 'grant_type=authorization_code', 'a', '%zz']) {
      const answer = await harness.send('token', { form, query, headers: basicHeader('app', SECRET) });
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 6749 §3.2: a repeated parameter is invalid_request for both grants, even with equal or empty values', async () => {
    const harness = await createHarness();
    const code = new URLSearchParams(codeForm(harness.putCode())).toString();
    const refresh = new URLSearchParams(refreshForm(await harness.signIn())).toString();
    harness.forget();
    const bodies = [
      `${code}&grant_type=authorization_code`,
      `${code}&code=other`,
      `${code}&unknown=1&unknown=1`,
      `${refresh}&refresh_token=`,
      `${refresh}&scope=openid&scope=email`,
    ];
    for (const form of bodies) {
      const answer = await harness.post('token', form);
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('N44: the client is authenticated before anything is said about the grant', async () => {
    const harness = await createHarness();
    const answer = await harness.post('token', { grant_type: 'nothing' }, basicHeader('app', 'wrong'));
    expect(answer.body['error']).toBe('invalid_client');
  });

  it('answers 503 and consumes nothing as long as the connectors are not known', async () => {
    const harness = await createHarness();
    const form = codeForm(harness.putCode());
    const known = harness.connectors.splice(0);
    const early = await harness.post('token', form);
    expect([early.status, early.body['error'], early.headers['retry-after']]).toEqual([
      503,
      'temporarily_unavailable',
      '1',
    ]);
    expect(harness.storage.calls).toEqual([]);
    harness.connectors.push(...known);
    expect((await harness.post('token', form)).status).toBe(200);
  });
});
