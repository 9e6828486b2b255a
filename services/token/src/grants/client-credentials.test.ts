import { describe, expect, it } from 'vitest';
import { claimsOf, createClient, createHarnessWith, type Harness } from '../testing/harness.ts';
import type { TestAnswer } from '../testing/request.ts';
import { ORDERS, STOCK, sampleResources, VAULT } from '../testing/sample-resources.ts';

const create = (): Promise<Harness> => createHarnessWith({ resources: sampleResources });

function ask(harness: Harness, more: Readonly<Record<string, string>> = {}): Promise<TestAnswer> {
  return harness.post('token', { grant_type: 'client_credentials', ...more });
}

describe('the grant client_credentials', () => {
  it('RFC 6749 §4.4.3: an access token for the client itself, without refresh token, one signature and no storage', async () => {
    const harness = await create();
    const answer = await ask(harness, { scope: 'orders.read' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'orders.read' });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(answer.body).not.toHaveProperty('id_token');
    expect(claimsOf(answer, 'access_token')).toMatchObject({ client_id: 'app', scope: 'orders.read' });
    expect([harness.storage.calls, harness.signer.calls.length]).toEqual([[], 1]);
  });

  it('a client that names no scope gets the API scopes it is allowed by name, and those alone', async () => {
    const harness = await create();
    expect((await ask(harness)).body['scope']).toBe('');
    const scopes = ['openid', 'orders.read', 'stock.read'];
    harness.clients.set('app', createClient('app', { settings: { scopes } }));
    expect((await ask(harness)).body['scope']).toBe('orders.read stock.read');
  });

  it('RFC 6749 §3.3: no token says more scopes than can be read from it again', async () => {
    const harness = await create();
    const peers = Array.from({ length: 9 }, (_, index) => `${index}`.repeat(500));
    for (const peer of peers) harness.clients.set(peer, createClient(peer, { trustedPeers: ['app'] }));
    const scopes = peers.map((peer) => `audience:server:client_id:${peer}`);
    expect((await ask(harness, { scope: scopes.join(' ') })).body).toMatchObject({ error: 'invalid_scope' });
    const token = String((await ask(harness, { scope: scopes.slice(0, 7).join(' ') })).body['access_token']);
    expect((await harness.post('introspection', { token })).body['active']).toBe(true);
  });

  it('N37: a scope that is not there, or not this client’s, is invalid_scope', async () => {
    const harness = await create();
    harness.clients.set('app', createClient('app', { settings: { scopes: ['orders.read'] } }));
    for (const scope of ['orders.write', 'nothing', 'orders.read orders.write', 'a"b']) {
      expect((await ask(harness, { scope })).body).toMatchObject({ error: 'invalid_scope' });
    }
    expect(harness.signer.calls).toEqual([]);
  });

  it('Dex: the scopes about a person are refused, its four for the client itself excepted', async () => {
    const harness = await create();
    for (const scope of ['offline_access', 'federated:id', 'phone', 'address', 'badge', 'openid offline_access']) {
      expect((await ask(harness, { scope })).body).toEqual({
        error: 'invalid_scope',
        error_description: 'A scope that concerns a person cannot be granted to a client for itself.',
      });
    }
    expect((await ask(harness, { scope: 'openid profile email groups' })).status).toBe(200);
  });

  it('RFC 8707 §2: resource names the APIs, and an unknown one is invalid_target', async () => {
    const harness = await create();
    const both = await harness.post(
      'token',
      `grant_type=client_credentials&scope=orders.read%20vault.read&resource=${ORDERS}&resource=${VAULT}`,
    );
    expect(claimsOf(both, 'access_token')['aud']).toEqual([ORDERS, VAULT]);
    harness.clients.set('app', createClient('app', { settings: { scopes: ['orders.read'] } }));
    for (const resource of ['https://nothing.example.com', 'no-uri', STOCK]) {
      expect((await ask(harness, { resource })).body).toMatchObject({ error: 'invalid_target' });
    }
  });

  it('N39: another client is an audience only where it trusts this one', async () => {
    const harness = await create();
    const scope = 'audience:server:client_id:other';
    expect((await ask(harness, { scope })).body).toMatchObject({ error: 'invalid_scope' });
    harness.clients.set('other', createClient('other', { trustedPeers: ['app'] }));
    expect((await ask(harness, { scope })).status).toBe(200);
    harness.clients.set('other', createClient('other', { trustedPeers: ['app'], isEnabled: false }));
    expect((await ask(harness, { scope })).body).toMatchObject({ error: 'invalid_scope' });
  });

  it('is answered although no connector is known: nobody’s is needed', async () => {
    const harness = await create();
    harness.connectors.length = 0;
    expect((await ask(harness)).status).toBe(200);
  });
});
