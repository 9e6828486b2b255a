import { TesseraError, unavailable } from '@tessera/errors';
import { describe, expect, it } from 'vitest';
import { createClient, createHarness, type Harness, refreshForm, SECRET } from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';

function isRevoked(harness: Harness): boolean {
  return [...harness.storage.grants.values()].some(({ revokedAt }) => revokedAt !== undefined);
}

function done(answer: TestAnswer): void {
  expect([answer.status, answer.text]).toEqual([200, '']);
  expect(answer.headers['cache-control']).toBe('no-store');
}

describe('the revocation endpoint', () => {
  it('RFC 7009 §2.1: a refresh token and an access token both end their grant, by one call', async () => {
    for (const name of ['refresh_token', 'access_token']) {
      const harness = await createHarness();
      const first = await harness.signIn();
      harness.forget();
      done(await harness.post('revocation', { token: String(first.body[name]), token_type_hint: 'whatever' }));
      expect(harness.storage.calls).toEqual(['revokeGrant']);
      expect(harness.logs.map(({ message }) => message)).toEqual(['grant revoked by its client']);
      expect((await harness.post('token', refreshForm(first))).body['error']).toBe('invalid_grant');
    }
  });

  it('RFC 7009 §2.1: a reference token ends its grant, by one call, and another client’s does not', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { settings: { accessTokenType: 'reference' } }));
    const token = String((await harness.signIn()).body['access_token']);
    done(await harness.post('revocation', { token }, basicHeader('other', 'other-secret')));
    expect(isRevoked(harness)).toBe(false);
    harness.forget();
    done(await harness.post('revocation', { token }));
    expect(harness.storage.calls).toEqual(['revokeGrant']);
    expect(isRevoked(harness)).toBe(true);
    harness.clock.advance(3600);
    harness.forget();
    done(await harness.post('revocation', { token }));
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 7009 §2.2.1: a client’s token for itself cannot be revoked, which its client alone is told', async () => {
    const harness = await createHarness();
    const first = await harness.post('token', { grant_type: 'client_credentials' });
    const token = String(first.body['access_token']);
    const answer = await harness.post('revocation', { token });
    expect([answer.status, answer.body['error']]).toEqual([400, 'unsupported_token_type']);
    done(await harness.post('revocation', { token }, basicHeader('other', 'other-secret')));
    expect(harness.storage.calls).toEqual([]);
    harness.clients.set('app', createClient('app', { settings: { accessTokenType: 'reference' } }));
    const reference = await harness.post('token', { grant_type: 'client_credentials' });
    done(await harness.post('revocation', { token: String(reference.body['access_token']) }));
    expect(isRevoked(harness)).toBe(true);
  });

  it('N80: revoking again is the same 200', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['refresh_token']);
    done(await harness.post('revocation', { token }));
    done(await harness.post('revocation', { token }));
  });

  it('RFC 7009 §2.1: a public client revokes its own token by naming itself', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { isPublic: true, secrets: [] }));
    const first = await harness.post(
      'token',
      {
        grant_type: 'authorization_code',
        code: harness.putCode(),
        redirect_uri: 'https://app.example.com/callback',
        client_id: 'app',
      },
      {},
    );
    expect(first.status).toBe(200);
    done(await harness.post('revocation', { token: String(first.body['refresh_token']), client_id: 'app' }, {}));
    expect(isRevoked(harness)).toBe(true);
  });

  it('RFC 7009 §2.1: another client’s token is answered alike and not revoked', async () => {
    const harness = await createHarness();
    const { body } = await harness.signIn();
    harness.forget();
    for (const name of ['refresh_token', 'access_token']) {
      done(await harness.post('revocation', { token: String(body[name]) }, basicHeader('other', 'other-secret')));
    }
    // An access token names its client itself; a refresh token is compared by storage.
    expect(harness.storage.calls).toEqual(['revokeGrant']);
    expect(isRevoked(harness)).toBe(false);
  });

  it('RFC 7009 §2.2: unknown, forged, expired and ID tokens are answered alike, without a call', async () => {
    const harness = await createHarness();
    const { body } = await harness.signIn();
    harness.clock.advance(3600);
    harness.forget();
    const forged = `${String(body['refresh_token']).slice(0, -4)}AAAA`;
    for (const token of ['unknown', forged, 'a.b.c', String(body['access_token']), String(body['id_token'])]) {
      done(await harness.post('revocation', { token }));
    }
    expect(harness.storage.calls).toEqual([]);
    expect(isRevoked(harness)).toBe(false);
  });

  it('RFC 7009 §2.1: the client has to authenticate', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['refresh_token']);
    for (const headers of [{}, basicHeader('app', 'wrong')]) {
      expect((await harness.post('revocation', { token }, headers)).body['error']).toBe('invalid_client');
    }
    expect(isRevoked(harness)).toBe(false);
  });

  it('RFC 7009 §2.2.1: a missing or repeated token and parameters in the address are invalid_request', async () => {
    const harness = await createHarness();
    const headers = basicHeader('app', SECRET);
    const requests = [{ form: {} }, { form: 'token=a&token=a' }, { form: { token: 'a' }, query: 'token=a' }];
    for (const request of requests) {
      const answer = await harness.send('revocation', { ...request, headers });
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
    }
  });

  it('N80: a revocation that is not durable is 503 with Retry-After, whatever storage says', async () => {
    const harness = await createHarness();
    const token = String((await harness.signIn()).body['refresh_token']);
    const failures = [
      unavailable('storage.unavailable', 'down'),
      new TesseraError({ kind: 'internal', code: 'storage.broken', message: 'disk full' }),
    ];
    for (const failure of failures) {
      harness.storage.failure = failure;
      const answer = await harness.post('revocation', { token });
      expect([answer.status, answer.body['error'], answer.headers['retry-after']]).toEqual([
        503,
        'temporarily_unavailable',
        '1',
      ]);
    }
  });
});
