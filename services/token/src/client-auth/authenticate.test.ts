import { hashClientSecret } from '@tessera/credentials';
import { describe, expect, it } from 'vitest';
import { codeForm, createClient, createHarness, type Harness, ISSUER, SECRET } from '../testing/harness.ts';
import { basicHeader, type TestAnswer } from '../testing/request.ts';

const CHALLENGE = `Basic realm="${ISSUER}", charset="UTF-8"`;

function outcome({ status, body }: TestAnswer): readonly [number, unknown] {
  return [status, body['error'] ?? 'ok'];
}

async function authenticate(
  harness: Harness,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestAnswer> {
  return harness.post('token', { ...codeForm(harness.putCode()), ...form }, headers);
}

describe('client authentication at the token endpoint', () => {
  it('RFC 6749 §2.3.1: id and secret come by Basic, form-encoded', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { secrets: [hashClientSecret('s:e c%r+et')] }));
    const encoded = Buffer.from('app:s%3Ae+c%25r%2Bet').toString('base64');
    expect(outcome(await authenticate(harness, {}, { authorization: `basic ${encoded}` }))).toEqual([200, 'ok']);
  });

  it('RFC 6749 §2.3.1: id and secret come by the form', async () => {
    const harness = await createHarness();
    expect(outcome(await authenticate(harness, { client_id: 'app', client_secret: SECRET }))).toEqual([200, 'ok']);
  });

  it('RFC 6749 §3.2.1: a public client without a secret names itself, or sends an empty secret as with Dex', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { isPublic: true, secrets: [] }));
    expect(outcome(await authenticate(harness, { client_id: 'app' }))).toEqual([200, 'ok']);
    expect(outcome(await authenticate(harness, { client_id: 'app', client_secret: '' }))).toEqual([200, 'ok']);
    expect(outcome(await authenticate(harness, {}, basicHeader('app', '')))).toEqual([200, 'ok']);
  });

  it('RFC 6749 §3.2.1: a public client that has a secret must send it, and one that has none must send none', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { isPublic: true }));
    expect(outcome(await authenticate(harness, { client_id: 'app' }))).toEqual([401, 'invalid_client']);
    expect(outcome(await authenticate(harness, {}, basicHeader('app', SECRET)))).toEqual([200, 'ok']);
    harness.clients.set('app', createClient('app', { isPublic: true, secrets: [] }));
    expect(outcome(await authenticate(harness, {}, basicHeader('app', SECRET)))).toEqual([401, 'invalid_client']);
  });

  it('RFC 6749 §5.2: every failure is the same 401, with a challenge only for clients that tried by header', async () => {
    const harness = await createHarness();
    const body = { error: 'invalid_client', error_description: 'Invalid client credentials.' };
    const byHeader = [
      basicHeader('app', 'wrong'),
      basicHeader('nobody', SECRET),
      basicHeader('app', ''),
      { authorization: 'Basic !!!' },
      { authorization: 'Bearer abc' },
    ];
    for (const headers of byHeader) {
      const answer = await authenticate(harness, {}, headers);
      expect([answer.status, answer.body, answer.headers['www-authenticate']]).toEqual([401, body, CHALLENGE]);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    const byForm = [
      { client_id: 'app', client_secret: 'wrong' },
      { client_id: 'nobody', client_secret: SECRET },
      { client_secret: SECRET },
      { client_id: 'app' },
      { client_id: 'nobody' },
      { client_id: 'x'.repeat(16_000), client_secret: 'y'.repeat(16_000) },
      { client_id: 'app', client_assertion: 'a.b.c', client_assertion_type: 'urn:x' },
      {},
    ];
    for (const form of byForm) {
      const answer = await authenticate(harness, form);
      expect([answer.status, answer.body, answer.headers['www-authenticate']]).toEqual([401, body, undefined]);
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('N38: a disabled client is refused like an unknown one', async () => {
    const harness = await createHarness();
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    expect(outcome(await authenticate(harness, {}, basicHeader('app', SECRET)))).toEqual([401, 'invalid_client']);
    expect(harness.storage.calls).toEqual([]);
  });

  it('N33: more than one method in a request is invalid_request, also with the right secret', async () => {
    const harness = await createHarness();
    const header = basicHeader('app', SECRET);
    const cases = [
      { client_secret: SECRET },
      { client_id: 'app', client_secret: SECRET },
      { client_id: 'other' },
      { client_assertion: 'a.b.c' },
    ];
    for (const form of cases) {
      expect(outcome(await authenticate(harness, form, header))).toEqual([400, 'invalid_request']);
    }
    const assertion = { client_id: 'app', client_secret: SECRET, client_assertion_type: 'urn:x' };
    expect(outcome(await authenticate(harness, assertion))).toEqual([400, 'invalid_request']);
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 6749 §2.3.1: a client_id beside Basic is fine when it is the same', async () => {
    const harness = await createHarness();
    expect(outcome(await authenticate(harness, { client_id: 'app' }, basicHeader('app', SECRET)))).toEqual([200, 'ok']);
  });

  it('a secret that has expired is refused, the other one of a rotation is taken', async () => {
    const harness = await createHarness();
    const expiresAt = new Date(harness.clock.now().getTime() + 1000);
    const secrets = [{ ...hashClientSecret('old-secret'), expiresAt }, hashClientSecret('new-secret')];
    harness.clients.set('app', createClient('app', { secrets }));
    expect(outcome(await authenticate(harness, {}, basicHeader('app', 'old-secret')))).toEqual([200, 'ok']);
    harness.clock.advance(2);
    expect(outcome(await authenticate(harness, {}, basicHeader('app', 'old-secret')))).toEqual([401, 'invalid_client']);
    expect(outcome(await authenticate(harness, {}, basicHeader('app', 'new-secret')))).toEqual([200, 'ok']);
  });

  it('N96: a failure is one log line with client and method, and names no unknown id, which may be a secret', async () => {
    const harness = await createHarness();
    await authenticate(harness, {}, basicHeader('app', 'wrong'));
    await authenticate(harness, { client_id: SECRET, client_secret: 'app' });
    expect(harness.logs).toEqual([
      {
        level: 'warn',
        message: 'client authentication failed',
        fields: {
          client_id: 'app',
          method: 'client_secret_basic',
          reason: 'wrong_secret',
          client_remote_addr: '192.0.2.1',
        },
      },
      {
        level: 'warn',
        message: 'client authentication failed',
        fields: { method: 'client_secret_post', reason: 'unknown_client', client_remote_addr: '192.0.2.1' },
      },
    ]);
  });

  it('a failure is one event with client, method and reason, and a success is none', async () => {
    const harness = await createHarness();
    await authenticate(harness, {}, basicHeader('app', SECRET));
    expect(harness.events.recorded).toEqual([]);
    await authenticate(harness, {}, basicHeader('app', 'wrong'));
    harness.clients.set('off', createClient('off', { isEnabled: false, secrets: [hashClientSecret(SECRET)] }));
    await authenticate(harness, { client_id: 'off', client_secret: SECRET });
    harness.clients.set('spa', createClient('spa', { isPublic: true, secrets: [] }));
    await harness.post('introspection', { token: 'x', client_id: 'spa' }, {});
    expect(harness.events.recorded).toEqual(
      [
        { clientId: 'app', method: 'client_secret_basic', reason: 'wrong_secret' },
        { clientId: 'off', method: 'client_secret_post', reason: 'disabled' },
        { clientId: 'spa', method: 'none', reason: 'public_client' },
      ].map((data) => ({ type: 'client_authentication.failed', key: data.clientId, data })),
    );
  });

  it('N96: no event holds anything that was sent: not the id of an unknown client, and no secret, code or token', async () => {
    const harness = await createHarness();
    const canaries = ['canary-id', 'canary-secret', 'canary-code', 'canary-token', 'canary-assertion'];
    const [id = '', secret = '', code = '', token = '', assertion = ''] = canaries;
    const headers = [basicHeader(id, secret), basicHeader('app', secret), { authorization: `Bearer ${token}` }, {}];
    for (const sent of headers) {
      await harness.post('token', { grant_type: 'authorization_code', code }, sent);
      await harness.post('introspection', { token }, sent);
      await harness.post('revocation', { token }, sent);
    }
    await harness.post('token', { client_id: id, client_secret: secret, code }, {});
    await harness.post('token', { client_secret: secret, refresh_token: token }, {});
    await harness.post('token', { client_id: id, client_assertion: assertion }, {});
    const text = JSON.stringify(harness.events.recorded);
    expect(canaries.filter((canary) => text.includes(canary))).toEqual([]);
    expect(harness.events.recorded).toHaveLength(15);
    expect(new Set(harness.events.recorded.map(({ key }) => key))).toEqual(new Set(['app', 'unknown_client']));
  });

  it('N41: the secret of a known client is hashed whatever else is wrong, as it is for an unknown one', async () => {
    const harness = await createHarness();
    let reads = 0;
    // A spy in place of the salt: whoever hashes for this client reads it.
    const watched = { hash: new Uint8Array(32), salt: new Uint8Array(16) };
    Object.defineProperty(watched, 'salt', {
      get: () => {
        reads += 1;
        return new Uint8Array(16);
      },
    });
    harness.clients.set('app', createClient('app', { isEnabled: false, secrets: [watched] }));
    await authenticate(harness, {}, basicHeader('app', SECRET));
    await authenticate(harness, { client_id: 'app' });
    expect(reads).toBe(2);
  });
});
