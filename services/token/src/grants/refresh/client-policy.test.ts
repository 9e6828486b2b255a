import { unavailable } from '@tessera/errors';
import { encodeSubject } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import {
  claimsOf,
  createClient,
  createHarness,
  createHarnessWith,
  type Harness,
  refreshForm,
} from '../../testing/harness.ts';
import type { TestAnswer } from '../../testing/request.ts';
import { ORDERS, STOCK, sampleResources, VAULT } from '../../testing/sample-resources.ts';

function refusal({ status, body }: TestAnswer): readonly [number, unknown] {
  return [status, body['error']];
}

function refresh(harness: Harness, from: TestAnswer, more: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
  return harness.post('token', { ...refreshForm(from), ...more });
}

describe('the refresh policy of a client', () => {
  it('its own usage and idle lifetime go before those that are configured', async () => {
    const harness = await createHarness();
    const reusable = { refreshTokens: { usage: 'reusable', validIfNotUsedForSeconds: 60 } } as const;
    harness.clients.set('app', createClient('app', { settings: reusable }));
    const first = await harness.signIn();
    const second = await refresh(harness, first);
    expect(second.body['refresh_token']).toBe(first.body['refresh_token']);
    harness.clock.advance(61);
    expect((await refresh(harness, first)).body).toMatchObject({
      error: 'invalid_grant',
      error_description: 'Refresh token expired.',
    });
  });

  it('its own reuse interval lets a lost answer be asked for again', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { settings: { refreshTokens: { reuseIntervalSeconds: 30 } } }));
    const first = await harness.signIn();
    const second = await refresh(harness, first);
    expect((await refresh(harness, first)).body['refresh_token']).toBe(second.body['refresh_token']);
  });

  it('its own absolute lifetime ends the family', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { settings: { refreshTokens: { absoluteLifetimeSeconds: 600 } } }));
    const first = await harness.signIn();
    harness.clock.advance(601);
    expect((await refresh(harness, first)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('refresh tokens that end with the session', () => {
  const bound = { settings: { refreshTokens: { endWithSession: true } } } as const;

  async function signInWithSession(): Promise<{ harness: Harness; first: TestAnswer }> {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', bound));
    const now = harness.clock.now();
    const first = await harness.signIn({ sessionId: 'session-1' });
    const [grant] = harness.storage.grants.values();
    if (grant === undefined) throw new Error('no grant');
    const { identity, connectorId } = grant.authorization;
    harness.storage.sessions.set('session-1', {
      id: 'session-1',
      subject: encodeSubject(identity.userId, connectorId),
      connectorId,
      identity,
      authTime: now,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: new Date(now.getTime() + 3_600_000),
      clientIds: ['app'],
      payload: new Uint8Array(),
    });
    harness.forget();
    return { harness, first };
  }

  it('N24: are good while it stands, at the price of one look', async () => {
    const { harness, first } = await signInWithSession();
    expect((await refresh(harness, first)).status).toBe(200);
    expect(harness.storage.calls).toEqual(['rotateRefreshToken', 'findSession']);
  });

  it('N24: are invalid_grant once it is gone or another person’s, and the grant is revoked', async () => {
    for (const subject of [undefined, encodeSubject('joe-2', 'ldap')]) {
      const { harness, first } = await signInWithSession();
      const session = harness.storage.sessions.get('session-1');
      harness.storage.sessions.clear();
      if (session !== undefined && subject !== undefined) {
        harness.storage.sessions.set('session-1', { ...session, subject });
      }
      expect(refusal(await refresh(harness, first))).toEqual([400, 'invalid_grant']);
      expect([...harness.storage.grants.values()][0]?.revokedAt).toBeDefined();
    }
  });

  it('N24: are not lost when storage does not say whether the session stands', async () => {
    const { harness, first } = await signInWithSession();
    const { findSession } = harness.storage;
    harness.storage.findSession = async () => {
      throw unavailable('storage.unavailable', 'down');
    };
    expect((await refresh(harness, first)).status).toBe(503);
    harness.storage.findSession = findSession;
    expect((await refresh(harness, first)).status).toBe(200);
  });

  it('a grant without a session has none to end with, and other clients pay nothing', async () => {
    const harness = await createHarness();
    const first = await harness.signIn({ sessionId: 'gone' });
    expect((await refresh(harness, first)).status).toBe(200);
    harness.clients.set('app', createClient('app', bound));
    expect((await refresh(harness, await harness.signIn())).status).toBe(200);
    expect(harness.storage.calls).not.toContain('findSession');
  });
});

describe('what a client lost since the sign-in', () => {
  it('N23: a scope it may not have any more is left out, and cannot be asked for', async () => {
    const harness = await createHarness();
    const first = await harness.signIn();
    harness.clients.set('app', createClient('app', { settings: { scopes: ['profile', 'offline_access'] } }));
    const second = await refresh(harness, first);
    expect(second.body['scope']).toBe('openid profile offline_access');
    expect((await refresh(harness, second, { scope: 'openid email' })).body).toMatchObject({ error: 'invalid_scope' });
    expect((await refresh(harness, second)).status).toBe(200);
  });
});

describe('what a client may not have at all any more', () => {
  it('N23: without offline_access there is no refresh, and nothing is asked upstream', async () => {
    for (const refreshesUpstream of [false, true]) {
      const harness = await createHarness();
      const first = await harness.signIn({ scopes: ['openid', 'offline_access'], refreshesUpstream });
      harness.clients.set('app', createClient('app', { settings: { scopes: ['profile'] } }));
      const answer = await refresh(harness, first);
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant']);
      expect(harness.signer.calls).toHaveLength(1);
    }
  });

  it('N23, RFC 8707 §2: an API it lost is no audience of refreshed tokens, and without any left there are none', async () => {
    const harness = await createHarnessWith({ resources: sampleResources });
    const scopes = ['openid', 'offline_access', 'orders.read', 'stock.read'];
    const first = await harness.signIn({ scopes, details: { resources: [ORDERS, STOCK] } });
    const allow = (...allowed: string[]) =>
      harness.clients.set('app', createClient('app', { settings: { scopes: ['offline_access', ...allowed] } }));
    allow('stock.read');
    const second = await refresh(harness, first);
    expect(claimsOf(second, 'access_token')).toMatchObject({ aud: STOCK, scope: 'openid offline_access stock.read' });
    expect((await refresh(harness, second, { resource: ORDERS })).body).toMatchObject({ error: 'invalid_target' });
    allow('profile');
    expect((await refresh(harness, second)).body).toMatchObject({ error: 'invalid_target' });
  });
});

describe('resource at a refresh', () => {
  it('RFC 8707 §2.2: narrows to what was granted; anything else is invalid_target and costs no token', async () => {
    const harness = await createHarnessWith({ resources: sampleResources });
    const scopes = ['openid', 'offline_access', 'orders.read', 'stock.read'];
    const first = await harness.signIn({ scopes, details: { resources: [ORDERS, STOCK] } });
    expect((await refresh(harness, first, { resource: VAULT })).body).toMatchObject({ error: 'invalid_target' });
    const second = await refresh(harness, first, { resource: ORDERS });
    expect(second.body['scope']).toBe('openid offline_access orders.read');
    expect((await refresh(harness, second)).body['scope']).toBe(scopes.join(' '));
    const without = await harness.signIn({ scopes });
    expect((await refresh(harness, without, { resource: ORDERS })).body).toMatchObject({ error: 'invalid_target' });
  });
});
