import type { Authorization } from '@tessera/contracts';
import { mintDeviceCode } from '@tessera/credentials';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  challenge,
  claimsOf,
  createAuthorization,
  createClient,
  createConnector,
  createHarness,
  type Harness,
  refreshForm,
  VERIFIER,
} from '../../testing/harness.ts';
import type { TestAnswer } from '../../testing/request.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
let harness: Harness;
let deviceCode: string;

beforeEach(async () => {
  harness = await createHarness();
  const answer = await harness.post('deviceAuthorization', { scope: 'openid offline_access' });
  deviceCode = String(answer.body['device_code']);
  harness.forget();
});

function poll(
  more: Readonly<Record<string, string>> = {},
  headers?: Readonly<Record<string, string>>,
): Promise<TestAnswer> {
  return harness.post('token', { grant_type: GRANT, device_code: deviceCode, ...more }, headers);
}

/** The person agrees. */
function approve(changes: Partial<Authorization> = {}): void {
  const [device] = harness.storage.devices.values();
  if (device === undefined) throw new Error('no device');
  const authorization = {
    ...createAuthorization(harness.clock.now()),
    redirectUri: '',
    details: { grantType: GRANT },
    ...changes,
  };
  harness.storage.codes.set(device.deviceId, { authorization, expiresAt: device.expiresAt });
}

describe('the grant urn:ietf:params:oauth:grant-type:device_code', () => {
  it('RFC 8628 §3.5: pending until the person agrees, then the tokens: one poll, one redemption, one signature', async () => {
    expect((await poll()).body['error']).toBe('authorization_pending');
    harness.clock.advance(5);
    approve();
    harness.forget();
    const answer = await poll();
    expect(answer.status).toBe(200);
    expect(claimsOf(answer, 'id_token')['sub']).toBe(claimsOf(answer, 'access_token')['sub']);
    expect([harness.storage.calls, harness.signer.calls.length]).toEqual([['pollDeviceRequest', 'redeemCode'], 1]);
    expect((await harness.post('token', refreshForm(answer))).status).toBe(200);
  });

  it('RFC 8628 §3.5: polling too early is slow_down, and the interval is five seconds longer then', async () => {
    const errors: unknown[] = [];
    for (const seconds of [0, 1, 9, 11]) {
      harness.clock.advance(seconds);
      errors.push((await poll()).body['error']);
    }
    expect(errors).toEqual(['authorization_pending', 'slow_down', 'slow_down', 'slow_down']);
    harness.clock.advance(20);
    expect((await poll()).body['error']).toBe('authorization_pending');
  });

  it('RFC 8628 §3.5: a refusal is access_denied', async () => {
    const [device] = harness.storage.devices.values();
    if (device !== undefined) harness.storage.devices.set(device.userCode, { ...device, isDenied: true });
    expect((await poll()).body).toMatchObject({ error: 'access_denied' });
  });

  it('RFC 8628 §3.5: after its time a code is expired_token, without a call', async () => {
    approve();
    harness.clock.advance(300);
    expect((await poll()).body).toEqual({
      error: 'expired_token',
      error_description: 'The device code has expired.',
    });
    expect(harness.storage.calls).toEqual([]);
  });

  it('a device code is answered once: again it is invalid_grant, and its grant is revoked', async () => {
    approve();
    const first = await poll();
    expect(first.status).toBe(200);
    expect((await poll()).body).toMatchObject({ error: 'invalid_grant' });
    const [grant] = harness.storage.grants.values();
    expect(grant?.revokedAt).toBeDefined();
    expect((await harness.post('token', refreshForm(first))).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('N15: of many polls at once one has the tokens', async () => {
    approve();
    const answers = await Promise.all(Array.from({ length: 20 }, () => poll()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('N21: another client’s code, a forged one and one that never was look alike', async () => {
    approve();
    const other = { client_id: 'other', client_secret: 'other-secret' };
    const expiresAt = new Date(harness.clock.now().getTime() + 60_000);
    const random = new Uint8Array(16);
    const never = mintDeviceCode(harness.secrets.ring(), { userCode: 'BCDF-GHJK', random, expiresAt });
    const answers = [
      await poll(other, {}),
      await poll({ device_code: `${deviceCode.slice(0, -1)}_` }),
      await poll({ device_code: never }),
      await poll({ device_code: 'x'.repeat(10_000) }),
    ];
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([
        400,
        { error: 'invalid_grant', error_description: 'The device code is invalid or was used before.' },
      ]);
    }
    expect((await poll()).status).toBe(200);
  });

  it('N20: a device code is no authorization code, and what came of another grant is not given to a device', async () => {
    const asCode = { grant_type: 'authorization_code', code: deviceCode };
    expect((await harness.post('token', asCode)).body).toMatchObject({ error: 'invalid_grant' });
    approve({ details: {} });
    expect((await poll()).body).toMatchObject({ error: 'invalid_grant' });
    expect(harness.storage.grants.size).toBe(0);
  });

  it('RFC 7636 §4.6: with a challenge the device needs its verifier', async () => {
    approve({ pkce: challenge });
    for (const more of [{}, { code_verifier: 'w'.repeat(43) }, { code_verifier: 'short' }]) {
      expect((await poll(more)).body).toMatchObject({ error: 'invalid_grant' });
    }
    expect((await poll({ code_verifier: VERIFIER })).status).toBe(200);
  });

  it('N40: client and connector are looked at again when the device comes', async () => {
    approve();
    harness.connectors[0] = createConnector('ldap', { grantTypes: ['authorization_code'] });
    expect((await poll()).body).toMatchObject({ error: 'invalid_grant' });
    harness.clients.set('app', createClient('app', { isEnabled: false }));
    expect((await poll()).status).toBe(401);
  });
});
