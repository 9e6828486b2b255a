import { federationErrors } from '@tessera/contracts';
import { encodeSubject } from '@tessera/oauth';
import { beforeEach, describe, expect, it } from 'vitest';
import { federationError, UPSTREAM_TOKEN } from '../../testing/fake-federation.ts';
import { claimsOf, createClient, createConnector, createHarness, type Harness } from '../../testing/harness.ts';
import type { TestAnswer } from '../../testing/request.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
let harness: Harness;

beforeEach(async () => {
  harness = await createHarness();
});

function exchange(
  more: Readonly<Record<string, string>> = {},
  headers?: Readonly<Record<string, string>>,
): Promise<TestAnswer> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    connector_id: 'ldap',
    subject_token: UPSTREAM_TOKEN,
    subject_token_type: ID_TOKEN,
    ...more,
  };
  return harness.post('token', form, headers);
}

describe('Dex’s exchange of a token of an upstream', () => {
  it('answers with the person the upstream names, as Dex does', async () => {
    const answer = await exchange({ scope: 'openid profile' });
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid profile',
    });
    expect(claimsOf(answer, 'access_token')['sub']).toBe(encodeSubject('jane-1', 'ldap'));
    expect(harness.federation.exchanges).toEqual([{ connectorId: 'ldap', token: UPSTREAM_TOKEN, tokenType: ID_TOKEN }]);
    expect(harness.storage.calls).toEqual(['createGrant']);
  });

  it('an ID token is given for its type alone, without a scope', async () => {
    const answer = await exchange({ requested_token_type: ID_TOKEN });
    expect(answer.body).toMatchObject({ issued_token_type: ID_TOKEN, token_type: 'N_A', scope: 'openid' });
    expect((await exchange({ subject_token_type: ACCESS_TOKEN })).status).toBe(200);
  });

  it('public clients may bring one, as in Dex', async () => {
    harness.clients.set('ci', createClient('ci', { isPublic: true, secrets: [] }));
    expect((await exchange({ client_id: 'ci' }, {})).status).toBe(200);
  });

  it('N79: an access token, which does not tell whom it was given to, signs nobody in at a public client', async () => {
    harness.clients.set('ci', createClient('ci', { isPublic: true, secrets: [] }));
    const answer = await exchange({ client_id: 'ci', subject_token_type: ACCESS_TOKEN }, {});
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    expect(harness.federation.exchanges).toEqual([]);
  });

  it('RFC 8693 §2.2.2: what the upstream refuses is invalid_request, what it does not answer 503', async () => {
    expect((await exchange({ subject_token: 'wrong' })).body).toEqual({
      error: 'invalid_request',
      error_description: 'The token is invalid, expired, revoked, or not meant for this client.',
    });
    const failures = [
      ['invalid_argument', federationErrors.unsupportedExchange, 400, 'invalid_request'],
      ['permission_denied', federationErrors.notInRequiredGroups, 400, 'invalid_request'],
      ['unavailable', federationErrors.upstreamUnavailable, 503, 'temporarily_unavailable'],
    ] as const;
    for (const [kind, code, status, error] of failures) {
      harness.federation.exchangeToken = async () => {
        throw federationError(kind, code);
      };
      const answer = await exchange();
      expect([answer.status, answer.body['error']]).toEqual([status, error]);
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('the connector must be there, and be for this grant and this client', async () => {
    expect((await exchange({ connector_id: 'nothing' })).body).toMatchObject({ error: 'invalid_grant' });
    harness.connectors[0] = createConnector('ldap', { grantTypes: ['password'] });
    expect((await exchange()).body).toMatchObject({ error: 'invalid_grant' });
    harness.connectors[0] = createConnector('ldap');
    harness.clients.set('app', createClient('app', { allowedConnectors: ['else'] }));
    expect((await exchange()).body).toMatchObject({ error: 'invalid_grant' });
    expect(harness.federation.exchanges).toEqual([]);
  });

  it('N37: scopes are judged, and there are neither refresh tokens nor actors', async () => {
    for (const scope of ['nothing', 'openid offline_access', 'audience:server:client_id:other']) {
      expect((await exchange({ scope })).body).toMatchObject({ error: 'invalid_scope' });
    }
    const actor = { actor_token: 'x', actor_token_type: ACCESS_TOKEN };
    expect((await exchange(actor)).body).toMatchObject({ error: 'invalid_request' });
    expect(harness.federation.exchanges).toEqual([]);
  });

  it('N96: the upstream’s token stands in no log line and no answer', async () => {
    await exchange({ subject_token: 'canary' });
    expect(JSON.stringify([harness.logs, harness.events.recorded])).not.toContain('canary');
  });
});
