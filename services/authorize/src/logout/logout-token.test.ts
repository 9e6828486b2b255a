import { createFakeClock } from '@tessera/clock';
import type { TokenBundle } from '@tessera/contracts';
import { parseCompactJws, verifyHmacJws } from '@tessera/oauth';
import { describe, expect, it } from 'vitest';
import { createClient } from '../testing/harness.ts';
import { createLogoutToken } from './logout-token.ts';

const SECRET = 's'.repeat(64);

function start() {
  const signed: TokenBundle[] = [];
  const context = {
    config: { issuer: 'https://id.example.com/dex' },
    clock: createFakeClock(),
    keys: {
      async sign(bundle: TokenBundle) {
        signed.push(bundle);
        return ['signed'];
      },
    },
  };
  return { context, signed };
}

const CLAIMS = {
  iss: 'https://id.example.com/dex',
  sub: 'jane',
  aud: 'app',
  iat: 1_767_225_600,
  exp: 1_767_225_720,
  jti: expect.stringMatching(/^[\da-f-]{36}$/),
  events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  sid: 'session-1',
};
const delivery = { subject: 'jane', sessionId: 'session-1' };

describe('a logout token', () => {
  it('N72: OIDC Back-Channel Logout §2.4: has these claims and no others, no nonce above all', async () => {
    const { context, signed } = start();
    expect(await createLogoutToken(context, createClient('app'), delivery)).toBe('signed');
    expect(signed).toEqual([[{ type: 'logout_token', claims: CLAIMS }]]);
  });

  it('OIDC Back-Channel Logout §2.4: has no sid for a client that wants none, and another jti each time', async () => {
    const { context, signed } = start();
    for (const _ of [1, 2]) await createLogoutToken(context, createClient('app'), { subject: 'jane' });
    const claims = signed.map(([token]) => token?.claims);
    expect(claims[0]).not.toHaveProperty('sid');
    expect(claims[0]?.['jti']).not.toBe(claims[1]?.['jti']);
  });

  it('N72: OIDC Back-Channel Logout §2.6: has the algorithm of the ID tokens of the client that gets it', async () => {
    const { context, signed } = start();
    await createLogoutToken(
      context,
      createClient('app', { settings: { idTokenSignedResponseAlg: 'PS256' } }),
      delivery,
    );
    expect(signed[0]?.[0]?.algorithm).toBe('PS256');
  });

  it('N81: also by the secret of a client, and of the type logout+jwt', async () => {
    const { context, signed } = start();
    const settings = { idTokenSignedResponseAlg: 'HS256' } as const;
    const token = await createLogoutToken(context, createClient('app', { hmacSecret: SECRET, settings }), delivery);
    expect(signed).toEqual([]);
    const parsed = parseCompactJws(token);
    expect(parsed.ok && parsed.jws.header).toEqual({ alg: 'HS256', typ: 'logout+jwt' });
    const verified = verifyHmacJws(token, { algorithms: ['HS256'], secret: SECRET, typ: 'logout+jwt' });
    expect(verified).toMatchObject({ ok: true, payload: CLAIMS });
    expect(verifyHmacJws(token, { algorithms: ['HS256'], secret: SECRET, typ: 'JWT' }).ok).toBe(false);
    await expect(createLogoutToken(context, createClient('app', { settings }), delivery)).rejects.toThrow(RangeError);
  });
});
