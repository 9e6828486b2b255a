import { federationErrors } from '@tessera/contracts';
import { PASSWORD_GUESSES, passwordGuessCounter } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { federationError, PASSWORD } from '../testing/fake-federation.ts';
import {
  claimsOf,
  createClient,
  createConnector,
  createHarnessWith,
  type Harness,
  refreshForm,
} from '../testing/harness.ts';
import type { TestAnswer } from '../testing/request.ts';
import { sampleResources } from '../testing/sample-resources.ts';

const create = (passwordConnector: string | undefined = 'ldap'): Promise<Harness> =>
  createHarnessWith({ resources: sampleResources, oauth2: passwordConnector === '' ? {} : { passwordConnector } });

function ask(harness: Harness, more: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
  const form = { grant_type: 'password', username: 'jane', password: PASSWORD, scope: 'openid profile' };
  return harness.post('token', { ...form, ...more });
}

describe('the grant password', () => {
  it('RFC 6749 §4.3.3: a right password gives the tokens of a grant of its own', async () => {
    const harness = await create();
    const answer = await ask(harness, { nonce: 'n-1' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: 'openid profile' });
    expect(claimsOf(answer, 'id_token')).toMatchObject({ nonce: 'n-1', name: 'Jane Doe' });
    const [grant] = harness.storage.grants.values();
    expect(grant?.authorization).toMatchObject({
      clientId: 'app',
      redirectUri: '',
      connectorId: 'ldap',
      authTime: harness.clock.now(),
      isRefreshable: false,
      details: { amr: ['pwd'], grantType: 'password' },
    });
    expect(harness.storage.calls).toEqual(['countAttempt', 'createGrant']);
    expect(harness.signer.calls).toHaveLength(1);
    expect(harness.events.recorded.map(({ type }) => type)).toEqual(['sign_in.succeeded']);
  });

  it('RFC 6749 §1.5: offline_access gives a refresh token that works, where the connector can refresh', async () => {
    const harness = await create();
    const first = await ask(harness, { scope: 'openid offline_access' });
    expect(first.body['refresh_token']).toMatch(/^tsr_/);
    expect((await harness.post('token', refreshForm(first))).status).toBe(200);
    const limits = [{ canRefresh: false }, { grantTypes: ['password'] }];
    for (const limit of limits) {
      harness.connectors[0] = createConnector('ldap', limit);
      expect((await ask(harness, { scope: 'openid offline_access' })).body).not.toHaveProperty('refresh_token');
    }
    harness.connectors[0] = createConnector('ldap');
    harness.clients.set('app', createClient('app', { settings: { grantTypes: ['password'] } }));
    expect((await ask(harness, { scope: 'openid offline_access' })).body).not.toHaveProperty('refresh_token');
  });

  it('RFC 6749 §3.3: openid is not needed; without a scope the client gets its API scopes', async () => {
    const harness = await create();
    harness.clients.set('app', createClient('app', { settings: { scopes: ['orders.read'] } }));
    const answer = await ask(harness, { scope: '' });
    expect([answer.status, answer.body['scope']]).toEqual([200, 'orders.read']);
    expect(answer.body).not.toHaveProperty('id_token');
  });

  it('N62: no such name and a wrong password are the same invalid_grant, and nothing is created', async () => {
    const harness = await create();
    const wrong = await ask(harness, { password: 'wrong' });
    harness.federation.login = async () => {
      throw federationError('conflict', federationErrors.userAmbiguous);
    };
    const twice = await ask(harness, { username: 'j' });
    expect(wrong.body).toEqual({
      error: 'invalid_grant',
      error_description: 'The user name or the password is wrong.',
    });
    expect([wrong.status, twice.status, twice.body]).toEqual([400, 400, wrong.body]);
    expect(harness.storage.grants.size).toBe(0);
    expect(harness.events.recorded.map(({ type, data }) => [type, (data as { reason?: string }).reason])).toEqual([
      ['sign_in.failed', 'invalid_credentials'],
      ['sign_in.failed', 'user_ambiguous'],
    ]);
  });

  it('a person whom the upstream refuses is invalid_grant, an upstream that does not answer 503', async () => {
    const harness = await create();
    const failures = [
      ['permission_denied', federationErrors.notInRequiredGroups, 400, 'invalid_grant'],
      ['permission_denied', federationErrors.upstreamRefused, 400, 'invalid_grant'],
      ['unavailable', federationErrors.upstreamUnavailable, 503, 'temporarily_unavailable'],
    ] as const;
    for (const [kind, code, status, error] of failures) {
      harness.federation.login = async () => {
        throw federationError(kind, code);
      };
      const answer = await ask(harness);
      expect([answer.status, answer.body['error']]).toEqual([status, error]);
    }
  });

  it('N90, RFC 6585 §4: a federation that is busy is 429 with Retry-After', async () => {
    const harness = await create();
    harness.federation.login = async () => {
      throw federationError('resource_exhausted', 'federation.password_checks_exhausted', 6.5);
    };
    const answer = await ask(harness);
    expect([answer.status, answer.body['error'], answer.headers['retry-after']]).toEqual([
      429,
      'temporarily_unavailable',
      '7',
    ]);
    expect(harness.events.recorded.map(({ type }) => type)).toEqual(['sign_in.throttled']);
  });

  it('N64: too many attempts for one name from one address are 429 without a look at the password', async () => {
    const harness = await create();
    for (let count = 0; count < PASSWORD_GUESSES; count += 1) await ask(harness, { password: 'wrong' });
    harness.forget();
    const answer = await ask(harness);
    expect([answer.status, answer.headers['retry-after'], harness.federation.logins]).toEqual([429, '3600', []]);
    expect((await ask(harness, { username: 'JANE ' })).status).toBe(429);
    expect((await ask(harness, { username: 'joe' })).status).toBe(200);
    expect([...harness.storage.attempts.keys()].join()).not.toContain('jane');
  });

  it('N63: what was guessed on the sign-in page, or through another client, counts here as well', async () => {
    const harness = await create();
    const guesses = { connectorId: 'ldap', username: 'jane', remoteAddress: '192.0.2.1' };
    harness.storage.attempts.set(passwordGuessCounter(guesses).key, PASSWORD_GUESSES);
    const answer = await ask(harness);
    expect([answer.status, harness.federation.logins]).toEqual([429, []]);
  });

  it('N64: the right password forgets the wrong ones before it, and failing to forget costs nobody the tokens', async () => {
    const harness = await create();
    for (let count = 1; count < PASSWORD_GUESSES; count += 1) await ask(harness, { password: 'wrong' });
    expect((await ask(harness)).status).toBe(200);
    expect([...harness.storage.attempts]).toEqual([]);
    await ask(harness, { password: 'wrong' });
    harness.storage.lateFailures.set('forgetAttempts', new Error('down'));
    expect((await ask(harness)).status).toBe(200);
  });

  it('N88: names and passwords over 512 bytes are refused as wrong, without a call', async () => {
    const harness = await create();
    for (const more of [{ password: 'ä'.repeat(257) }, { username: 'x'.repeat(513) }]) {
      expect((await ask(harness, more)).body).toMatchObject({ error: 'invalid_grant' });
    }
    expect([harness.federation.logins, harness.storage.calls]).toEqual([[], []]);
  });

  it('N36: without a password connector for the client it is unauthorized_client', async () => {
    const harness = await create('');
    expect((await ask(harness)).body).toMatchObject({ error: 'unauthorized_client' });
    harness.connectors.push(createConnector('upstream', { kind: 'callback' }), createConnector('second'));
    const allow = async (...allowedConnectors: string[]): Promise<unknown> => {
      harness.clients.set('app', createClient('app', { allowedConnectors }));
      return (await ask(harness)).body['error'];
    };
    expect(await allow('ldap', 'upstream')).toBeUndefined();
    expect(await allow('upstream')).toBe('unauthorized_client');
    expect(await allow('ldap', 'second')).toBe('unauthorized_client');
    const configured = await create('upstream');
    configured.connectors.push(createConnector('upstream', { kind: 'callback' }));
    expect((await ask(configured)).body).toMatchObject({ error: 'unauthorized_client' });
  });

  it('Dex: a connector that is not the client’s, or not for this grant, is invalid_grant', async () => {
    const harness = await create();
    harness.clients.set('app', createClient('app', { allowedConnectors: ['other'] }));
    expect((await ask(harness)).body).toMatchObject({ error: 'invalid_grant' });
    harness.clients.set('app', createClient('app'));
    harness.connectors[0] = createConnector('ldap', { grantTypes: ['authorization_code'] });
    expect((await ask(harness)).body).toMatchObject({ error: 'invalid_grant' });
    expect(harness.federation.logins).toEqual([]);
  });

  it('N96: neither name nor password stands in a log line, an event or an answer', async () => {
    const harness = await create();
    const answers = [
      await ask(harness, { username: 'canary-name', password: 'canary-password' }),
      await ask(harness, { username: 'canary-name' }),
    ];
    const text = JSON.stringify([harness.logs, harness.events.recorded, answers.map(({ text: body }) => body)]);
    expect(text).not.toContain('canary');
  });
});
