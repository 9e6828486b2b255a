import { parseDeviceCode } from '@tessera/credentials';
import { type DeviceRequestPayload, decodeDeviceRequest } from '@tessera/oauth';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  challenge,
  createClient,
  createHarness,
  createHarnessWith,
  type Harness,
  ISSUER,
  SECRET,
} from '../testing/harness.ts';
import { basicHeader } from '../testing/request.ts';
import { ORDERS, sampleResources } from '../testing/sample-resources.ts';

let harness: Harness;

beforeEach(async () => {
  harness = await createHarnessWith({ resources: sampleResources });
});

function kept(): DeviceRequestPayload | undefined {
  const [device] = [...harness.storage.devices.values()].slice(-1);
  return device && decodeDeviceRequest(device.payload);
}

describe('the device authorization endpoint', () => {
  it('RFC 8628 §3.2: the answer has all members, and nothing caches it', async () => {
    const answer = await harness.post('deviceAuthorization', { scope: 'openid orders.read', resource: ORDERS });
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    const userCode = String(answer.body['user_code']);
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(answer.body).toEqual({
      device_code: expect.stringMatching(/^tsd_/),
      user_code: userCode,
      verification_uri: `${ISSUER}/device`,
      verification_uri_complete: `${ISSUER}/device?user_code=${userCode}`,
      expires_in: 300,
      interval: 5,
    });
    expect(parseDeviceCode(harness.secrets.ring(), String(answer.body['device_code']))).toMatchObject({ userCode });
    const [device] = harness.storage.devices.values();
    expect(device).toMatchObject({ userCode, clientId: 'app', ttlSeconds: 300, intervalSeconds: 5 });
    expect(kept()).toEqual({ scopes: ['openid', 'orders.read'], resources: [ORDERS] });
    expect(harness.storage.calls).toEqual(['countAttempt', 'putDeviceRequest']);
  });

  it('Dex: without a scope it asks for openid', async () => {
    await harness.post('deviceAuthorization', {});
    expect(kept()).toEqual({ scopes: ['openid'], resources: [] });
  });

  it('RFC 8628 §3.1: the client is authenticated, public ones name themselves', async () => {
    expect((await harness.post('deviceAuthorization', { client_id: 'app' }, {})).status).toBe(401);
    harness.clients.set('tv', createClient('tv', { isPublic: true, secrets: [] }));
    expect((await harness.post('deviceAuthorization', { client_id: 'tv' }, {})).status).toBe(200);
  });

  it('N67: a client or an issuer can have it switched off', async () => {
    harness.clients.set('app', createClient('app', { settings: { grantTypes: ['authorization_code'] } }));
    expect((await harness.post('deviceAuthorization', {})).body).toMatchObject({ error: 'unauthorized_client' });
    const without = await createHarnessWith({ grantTypes: ['authorization_code'] });
    expect((await without.post('deviceAuthorization', {})).body).toMatchObject({ error: 'unauthorized_client' });
  });

  it('N37: scopes, audiences and resources are judged before anything is kept', async () => {
    const wrong = [
      [{ scope: 'nothing' }, 'invalid_scope'],
      [{ scope: 'openid audience:server:client_id:other' }, 'invalid_scope'],
      [{ scope: 'openid', resource: 'https://nothing.example.com' }, 'invalid_target'],
    ] as const;
    for (const [form, error] of wrong) {
      expect((await harness.post('deviceAuthorization', form)).body).toMatchObject({ error });
    }
    expect(harness.storage.calls).toEqual([]);
  });

  it('RFC 7636 §4.3: a challenge is kept with the request; plain must be switched on', async () => {
    const form = { code_challenge: challenge.challenge, code_challenge_method: 'S256' };
    expect((await harness.post('deviceAuthorization', form)).status).toBe(200);
    expect(kept()?.pkce).toEqual(challenge);
    const plain = { code_challenge: 'p'.repeat(43) };
    const wrong = [plain, { code_challenge_method: 'S256' }, { ...form, code_challenge: 'short' }];
    for (const one of wrong) {
      expect((await harness.post('deviceAuthorization', one)).body).toMatchObject({ error: 'invalid_request' });
    }
    harness.clients.set('app', createClient('app', { settings: { allowPlainPkce: true } }));
    expect((await harness.post('deviceAuthorization', plain)).status).toBe(200);
    expect(kept()?.pkce).toEqual({ challenge: 'p'.repeat(43), method: 'plain' });
  });

  it('a client’s own lifetime goes before the configured one', async () => {
    harness.clients.set('app', createClient('app', { settings: { deviceCodeLifetimeSeconds: 90 } }));
    expect((await harness.post('deviceAuthorization', {})).body['expires_in']).toBe(90);
    const configured = await createHarness({ deviceRequestsSeconds: 600 });
    expect((await configured.post('deviceAuthorization', {})).body['expires_in']).toBe(600);
  });

  it('RFC 8628 §6.1: a user code that is taken is drawn again, and when all are it is 503', async () => {
    const { putDeviceRequest } = harness.storage;
    let taken = 2;
    harness.storage.putDeviceRequest = async (request) => (taken-- > 0 ? false : putDeviceRequest(request));
    expect((await harness.post('deviceAuthorization', {})).status).toBe(200);
    harness.storage.putDeviceRequest = async () => false;
    expect((await harness.post('deviceAuthorization', {})).status).toBe(503);
  });

  it('N63: too many requests of one client from one address are 429 with Retry-After', async () => {
    for (let count = 0; count < 120; count += 1) await harness.post('deviceAuthorization', {});
    const answer = await harness.post('deviceAuthorization', {});
    expect([answer.status, answer.headers['retry-after'], harness.storage.devices.size]).toEqual([429, '60', 120]);
  });

  it('N63: all addresses of one IPv6 network are one', async () => {
    const headers = basicHeader('app', SECRET);
    const ask = (remoteAddress: string) => harness.send('deviceAuthorization', { form: {}, headers, remoteAddress });
    for (let count = 0; count < 120; count += 1) await ask(`2001:db8:1:2::${count}`);
    expect((await ask('2001:db8:1:2:ffff::1')).status).toBe(429);
    expect((await ask('2001:db8:1:3::1')).status).toBe(200);
  });

  it('RFC 6749 §3.2: a repeated parameter is invalid_request, and nothing may stand in the address', async () => {
    const repeated = await harness.post('deviceAuthorization', 'scope=openid&scope=email');
    expect(repeated.body).toMatchObject({ error: 'invalid_request' });
    const inAddress = await harness.send('deviceAuthorization', { form: {}, query: 'client_id=app' });
    expect(inAddress.body).toMatchObject({ error: 'invalid_request' });
  });
});
